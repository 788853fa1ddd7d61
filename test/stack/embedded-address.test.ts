import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isEmbeddedAddress } from '../../stack';
import { writeState } from '../../stack/state';

test('only the address that the stack has kept for a server is that of the embedded one', () => {
  const home = mkdtempSync(path.join(os.tmpdir(), 'sqlift-stack-'));
  try {
    expect(isEmbeddedAddress('redis', 'redis://127.0.0.1:6400', { home })).toBe(false);
    writeState(home, { format: 1, ports: { redis: 6400, neo4j: 6401 } });
    expect(isEmbeddedAddress('redis', 'redis://:secret@127.0.0.1:6400', { home })).toBe(true);
    expect(isEmbeddedAddress('redis', 'redis://:secret@127.0.0.1:6400/0', { home })).toBe(true);
    expect(isEmbeddedAddress('neo4j', { uri: 'bolt://127.0.0.1:6401' }, { home })).toBe(true);
    for (const other of ['redis://127.0.0.1:6379', 'redis://127.0.0.1:64000', 'redis://10.127.0.0.1:6401', undefined])
      expect(isEmbeddedAddress('redis', other, { home })).toBe(false);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
