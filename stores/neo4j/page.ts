import { createHash } from 'node:crypto';
import type { BeforeImages } from '../feed-store';
import { fromImage, packKey, packProperties, toImage, unpackKey, unpackProperties } from './packed';
import type { Properties } from './packed';
import type { Stored } from './values';

/** What the ledger keeps of the entries that are written together. */
export type Page = { kind: 'node'; items: NodeItem[] } | { kind: 'relationship'; items: RelationshipItem[] };

/** `before`: what was there already under the same key; undefined where the run makes it. */
export interface NodeItem {
  key: Stored[];
  /** The label that is its row's own. */
  label?: string;
  /** Digest of the properties that the run writes, as they are afterwards: tells whether others have changed them since. */
  after: string;
  before?: { properties: Properties; labels: string[] };
}

export interface RelationshipItem {
  type: string;
  from: Stored[];
  to: Stored[];
  key: Stored[];
  after: string;
  before?: { properties: Properties };
}

/** Id of the page of these entries: the same whenever they are written again. */
export function pageId(first: string, count: number): string {
  return createHash('sha256').update(`${count} ${first}`).digest('hex');
}

export async function keepPage(images: BeforeImages, feed: string, id: string, page: Page): Promise<void> {
  await images.keep(feed, [{ id, image: toImage(packed(page)) }]);
}

export async function findPage(images: BeforeImages, feed: string, id: string): Promise<Page | undefined> {
  const found = await images.find(feed, id);
  return found?.image == null ? undefined : unpacked(fromImage(found.image) as Packed);
}

/** The pages of a feed, one by one. */
export async function* readPages<Item extends NodeItem | RelationshipItem>(
  images: BeforeImages,
  feed: string,
): AsyncGenerator<{ id: string; items: Item[] }, void> {
  for await (const some of images.read(feed))
    for (const { id, image } of some)
      if (image !== null) yield { id, items: unpacked(fromImage(image) as Packed).items as Item[] };
}

interface Packed {
  kind: Page['kind'];
  /** Key, digest and label; or from, to, key, type and digest. Then what was before. */
  items: unknown[][];
}

function packed(page: Page): Packed {
  const items =
    page.kind === 'node'
      ? page.items.map(({ key, after, label, before }) => [
          packKey(key),
          after,
          label,
          ...(before === undefined ? [] : [packProperties(before.properties), before.labels]),
        ])
      : page.items.map(({ from, to, key, type, after, before }) => [
          packKey(from),
          packKey(to),
          packKey(key),
          type,
          after,
          ...(before === undefined ? [] : [packProperties(before.properties)]),
        ]);
  return { kind: page.kind, items };
}

function unpacked({ kind, items }: Packed): Page {
  if (kind === 'node')
    return {
      kind,
      items: (items as [unknown[], string, string | undefined, Record<string, unknown>?, string[]?][]).map(
        ([key, after, label, properties, labels]) => ({
          key: unpackKey(key),
          after,
          ...(label !== undefined && { label }),
          ...(properties !== undefined && { before: { properties: unpackProperties(properties), labels: labels! } }),
        }),
      ),
    };
  return {
    kind,
    items: (items as [unknown[], unknown[], unknown[], string, string, Record<string, unknown>?][]).map(
      ([from, to, key, type, after, properties]) => ({
        from: unpackKey(from),
        to: unpackKey(to),
        key: unpackKey(key),
        type,
        after,
        ...(properties !== undefined && { before: { properties: unpackProperties(properties) } }),
      }),
    ),
  };
}
