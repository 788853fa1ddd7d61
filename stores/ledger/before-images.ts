import type { Pool } from 'pg';
import type { FeedStoreName } from '../../core/feeds/feed';
import type { BeforeImage, BeforeImages } from '../feed-store';
import { inTransaction, withClient } from '../postgres/target';
import { hasFeedTables, holdLiveRun } from './runs';

/** Images of one page, and about how many bytes they have together: one of them is a page, however large. */
const PAGE = 1_000;
const PAGE_BYTES = 16 << 20;

/** Images that a run keeps of one store, in the ledger. */
export function beforeImages(pool: Pool, run: string, store: FeedStoreName): BeforeImages {
  return {
    async keep(scope, images) {
      await inTransaction(pool, async (client) => {
        // Nothing may be noted behind the back of a rollback that has already read its list.
        await holdLiveRun(client, run);
        await client.query(
          `INSERT INTO sqlift.before_images (run, store, scope, id, image)
           SELECT $1, $2, $3, * FROM unnest($4::text[], $5::bytea[]) ON CONFLICT DO NOTHING`,
          [run, store, scope, images.map(({ id }) => id), images.map(({ image }) => image)],
        );
      });
    },
    async *read(scope) {
      let after: string | null = null;
      for (;;) {
        const page: BeforeImage[] = await withClient(pool, async (client) => {
          const { rows } = await client.query<BeforeImage>(
            `SELECT id, image FROM (
               SELECT id, image, sum(octet_length(image)) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier
               FROM (
                 SELECT id, image FROM sqlift.before_images
                 WHERE run = $1 AND store = $2 AND scope = $3 AND ($4::text IS NULL OR id > $4) ORDER BY id LIMIT $5
               ) AS page
             ) AS sized WHERE coalesce(earlier, 0) < $6 ORDER BY id`,
            [run, store, scope, after, PAGE, PAGE_BYTES],
          );
          return rows;
        });
        if (page.length === 0) return;
        yield page;
        after = page.at(-1)!.id;
      }
    },
    async find(scope, id) {
      return withClient(pool, async (client) => {
        const { rows } = await client.query<BeforeImage>(
          'SELECT id, image FROM sqlift.before_images WHERE run = $1 AND store = $2 AND scope = $3 AND id = $4',
          [run, store, scope, id],
        );
        return rows[0];
      });
    },
    async findAll(scope, ids) {
      return withClient(pool, async (client) => {
        const { rows } = await client.query<BeforeImage>(
          'SELECT id, image FROM sqlift.before_images WHERE run = $1 AND store = $2 AND scope = $3 AND id = ANY($4)',
          [run, store, scope, ids],
        );
        return rows;
      });
    },
    async scopes() {
      return withClient(pool, async (client) => {
        if (!(await hasFeedTables(client))) return [];
        const { rows } = await client.query<{ scope: string }>(
          'SELECT DISTINCT scope FROM sqlift.before_images WHERE run = $1 AND store = $2 ORDER BY scope',
          [run, store],
        );
        return rows.map(({ scope }) => scope);
      });
    },
    async undone(scope, ids) {
      await withClient(pool, (client) =>
        client.query('DELETE FROM sqlift.before_images WHERE run = $1 AND store = $2 AND scope = $3 AND id = ANY($4)', [
          run,
          store,
          scope,
          ids,
        ]),
      );
    },
    async forget() {
      await withClient(pool, (client) =>
        client.query('DELETE FROM sqlift.before_images WHERE run = $1 AND store = $2', [run, store]),
      );
    },
  };
}

/** Stores that the run has kept anything of, or was about to. */
export async function readTouchedStores(pool: Pool, run: string): Promise<FeedStoreName[]> {
  return withClient(pool, async (client) => {
    if (!(await hasFeedTables(client))) return [];
    const { rows } = await client.query<{ store: FeedStoreName }>(
      'SELECT DISTINCT store FROM sqlift.before_images WHERE run = $1 ORDER BY store',
      [run],
    );
    return rows.map(({ store }) => store);
  });
}
