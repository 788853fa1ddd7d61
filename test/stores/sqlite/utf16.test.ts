import { isUtf8 } from 'node:buffer';
import { utf16ToUtf8 } from '../../../stores/sqlite/utf16';

test('every code point becomes the UTF-8 that Node makes of it', () => {
  for (let code = 0; code < 0x110000; code += code < 0x3000 ? 1 : 97) {
    if (code >= 0xd800 && code < 0xe000) continue;
    const text = `a${String.fromCodePoint(code)}z`;
    const bytes = Buffer.from(text, 'utf16le');
    if (!utf16ToUtf8(bytes, 'UTF-16le').equals(Buffer.from(text))) throw new Error(`U+${code.toString(16)} differs`);
    if (!utf16ToUtf8(Buffer.from(bytes).swap16(), 'UTF-16be').equals(Buffer.from(text)))
      throw new Error(`U+${code.toString(16)} differs`);
  }
});

test('what is not valid UTF-16 does not become valid UTF-8', () => {
  for (const hex of ['3dd8', '00de', '3dd84100', '00de3dd8', '410042', '41']) {
    expect([hex, isUtf8(utf16ToUtf8(Buffer.from(hex, 'hex'), 'UTF-16le'))]).toEqual([hex, false]);
  }
});
