// node parse.mjs FILE…: parses Mermaid diagrams, one a file. For each that is none, prints "FILE:LINE: what is wrong", indented from the second line on.
import { readFileSync } from 'node:fs';
import { parseHTML } from 'linkedom';

// Nothing is drawn, yet Mermaid cleans what labels say with DOMPurify, which needs a document.
globalThis.window = parseHTML('<html></html>');
globalThis.document = window.document;
const { default: mermaid } = await import('mermaid');

for (const file of process.argv.slice(2)) {
    const text = readFileSync(file, 'utf8');
    try {
        await mermaid.parse(text);
    } catch (error) {
        process.exitCode = 1;
        // That something lacks its end may be seen only after the last line.
        const line = Math.min(error.hash?.loc?.first_line ?? 1, text.trimEnd().split('\n').length);
        const message = error.message.replace(/^Parse error on line \d+:\n/, '').replaceAll('\n', '\n    ');
        console.log(`${file}:${line}: Mermaid does not understand it: ${message}`);
    }
}
