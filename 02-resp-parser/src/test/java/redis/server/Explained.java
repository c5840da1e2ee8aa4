package redis.server;

import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.opentest4j.TestAbortedException;

/// Adds to every failure that does not tell it what the server was last asked, and what it answered.
final class Explained implements BeforeEachCallback, TestExecutionExceptionHandler, LifecycleMethodExecutionExceptionHandler {

    @Override
    public void beforeEach(ExtensionContext context) {
        TestClient.forgetLastReply();
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        throw explained(failure);
    }

    @Override
    public void handleBeforeEachMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        throw failure instanceof TimeoutException ? failure : explained(failure); // the server hangs, whatever it was asked
    }

    @Override
    public void handleAfterEachMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        throw failure instanceof TimeoutException ? failure : explained(failure); // the server hangs, whatever it was asked
    }

    private static Throwable explained(Throwable failure) {
        if (failure instanceof TestAbortedException) return failure;
        var innermost = failure; // it may have happened in another thread
        for (var cause = failure; cause != null; cause = cause.getCause()) {
            if (cause.getMessage() != null && cause.getMessage().contains("\nSent:  ")) return cause;
            if (!(failure instanceof TimeoutException)) innermost = cause;
        }
        var last = TestClient.lastReply();
        return last == null ? failure : last.explain(innermost);
    }
}
