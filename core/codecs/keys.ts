import { createHash } from 'node:crypto';
import { bytesAt, integerAt, serialLength, textAt } from '../row';
import type { RowView } from '../row';
import type { KeyOrigin } from '../mapping';
import type { Encode } from './codec';
import { textRefusal } from './texts';

/** The namespace that the UUIDs of all plans' keys begin with: `sqlift:key` in the namespace of URLs. */
export const KEY_NAMESPACE = '28332773-c3d0-5399-b61d-8e2a378f3cc0';

/**
 * Integer or text keys as UUIDs of version 5 (RFC 9562 §5.5), in the namespace of plan, source and table: the same key gives the same
 * UUID in every run, wherever it stands.
 */
export function keyCodec({ plan, source, table, type }: KeyOrigin): Encode {
  let namespace: Buffer = Buffer.from(KEY_NAMESPACE.replaceAll('-', ''), 'hex');
  for (const name of [plan, source, table]) namespace = uuid5(namespace, Buffer.from(name));
  return (row, column, out) => {
    const key = keyAt(row, column, type);
    if (typeof key === 'string') return key;
    out.field(uuid5(namespace, key));
    return undefined;
  };
}

/** The key as it goes into the UUID: decimal or text, in UTF-8; a string says why it is none. */
function keyAt(row: RowView, column: number, type: KeyOrigin['type']) {
  const serial = row.serials[column]!;
  if (serial <= 9 && serial !== 7) return Buffer.from(integerAt(row, column).toString());
  if (serial < 13 || serial % 2 === 0) return 'wrong storage class';
  // Text that refers to an integer counts only where it could not be another integer's text.
  if (type === 'bigint' && !isDecimal(row, column)) return 'not a key';
  const start = row.starts[column]!;
  return textRefusal(row.bytes, start, start + serialLength(serial)) ?? bytesAt(row, column);
}

function isDecimal(row: RowView, column: number): boolean {
  return serialLength(row.serials[column]!) <= 20 && /^(0|-?[1-9]\d*)$/.test(textAt(row, column));
}

function uuid5(namespace: Buffer, name: Buffer): Buffer {
  const bytes = createHash('sha1').update(namespace).update(name).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes;
}
