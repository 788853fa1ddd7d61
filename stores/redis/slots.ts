/** Hash slots of a Redis cluster: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/ */

const SLOTS = 16_384;

/** CRC16 of XMODEM, by byte. */
const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  return crc;
});

/** The slot of a key: of what stands in its first braces, where something does. */
export function slotOf(key: string): number {
  const open = key.indexOf('{');
  const close = open < 0 ? -1 : key.indexOf('}', open + 1);
  const hashed = close > open + 1 ? key.slice(open + 1, close) : key;
  let crc = 0;
  for (const byte of Buffer.from(hashed)) crc = ((crc << 8) ^ TABLE[(crc >> 8) ^ byte]!) & 0xffff;
  return crc % SLOTS;
}

let tags: string[] | undefined;

/** A hash tag for a slot, braces included: whatever follows it is in that slot, also where a key's own braces would hide it. */
export function tagOfSlot(slot: number): string {
  if (tags === undefined) {
    tags = [];
    for (let number = 0, found = 0; found < SLOTS; number++) {
      const tag = `{${number.toString(36)}}`;
      const its = slotOf(tag);
      if (tags[its] !== undefined) continue;
      tags[its] = tag;
      found++;
    }
  }
  return tags[slot]!;
}
