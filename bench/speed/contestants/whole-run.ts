import type { Contestant } from '../contestant';
import { BenchWorker } from '../../worker';
import { sqliftVersion } from './phases';

/** `sqlift migrate` with a worker that is there already: from the start of the command to its end, all through Temporal. */
export const wholeRun: Contestant = {
  name: 'run',
  kind: 'own',
  quick: true,
  title: 'sqlift migrate: backup, census, load, keys, verification, publishing',
  against: 'limit-keys',
  keys: true,
  without: ['drafting the plan', 'starting the worker'],
  version: sqliftVersion,
  async run({ set, url, servers }) {
    const worker = await BenchWorker.start(servers);
    try {
      return (await worker.migrate(set.file, url)).figures;
    } finally {
      await worker.close();
    }
  },
};
