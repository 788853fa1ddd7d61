/** A growing buffer that a COPY message is written into. Grows for a large row; `take` gives the extra memory back. */
export class CopyWriter {
  bytes: Buffer;
  length = 0;

  constructor(readonly capacity: number = 1 << 20) {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
  }

  /** Makes room for `count` more bytes. Every write below asks for its own. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + count));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }

  /** Hands out what was written and starts again with a fresh buffer, so that the caller may keep the old one while it is sent. */
  take(): Buffer {
    const taken = this.bytes.subarray(0, this.length);
    this.bytes = Buffer.allocUnsafeSlow(this.capacity);
    this.length = 0;
    return taken;
  }

  int16(value: number): void {
    this.reserve(2);
    this.length = this.bytes.writeInt16BE(value, this.length);
  }

  uint16(value: number): void {
    this.reserve(2);
    this.length = this.bytes.writeUInt16BE(value, this.length);
  }

  int32(value: number): void {
    this.reserve(4);
    this.length = this.bytes.writeInt32BE(value, this.length);
  }

  /** A field of NULL: length −1. */
  null(): void {
    this.int32(-1);
  }

  /** A field of these bytes: length, then content. */
  field(source: Buffer, start: number, end: number): void {
    const size = end - start;
    this.reserve(4 + size);
    const out = this.bytes;
    let at = out.writeInt32BE(size, this.length);
    // Below this size a loop beats the call into the engine.
    if (size < 48) for (let i = start; i < end; i++) out[at++] = source[i]!;
    else at += source.copy(out, at, start, end);
    this.length = at;
  }

  /** These bytes as they are. */
  copy(source: Buffer): void {
    this.reserve(source.length);
    this.length += source.copy(this.bytes, this.length);
  }

  /** A field of eight bytes. */
  int64Field(value: bigint): void {
    this.reserve(12);
    this.length = this.bytes.writeInt32BE(8, this.length);
    this.length = this.bytes.writeBigInt64BE(value, this.length);
  }

  doubleField(value: number): void {
    this.reserve(12);
    this.length = this.bytes.writeInt32BE(8, this.length);
    this.length = this.bytes.writeDoubleBE(value, this.length);
  }

  /** A field of this text in UTF-8. */
  textField(text: string): void {
    const size = Buffer.byteLength(text);
    this.reserve(4 + size);
    this.length = this.bytes.writeInt32BE(size, this.length);
    this.length += this.bytes.write(text, this.length);
  }
}
