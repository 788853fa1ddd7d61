import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Another program on a port whose last owner was killed: it is free a moment after the process is gone. */
export async function squatterOn(url: string): Promise<net.Server> {
  for (let tries = 0; ; tries++) {
    const server = net.createServer().listen(Number(new URL(url).port), '127.0.0.1');
    try {
      await once(server, 'listening');
      return server;
    } catch (error) {
      if (tries === 200 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      await sleep(50);
    }
  }
}
