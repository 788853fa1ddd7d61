import type { FeedColumn } from '../../../core/feeds/feed';
import { propertyMeaning } from '../../../stores/neo4j/meaning';

test('lists of integers beyond what JavaScript counts are compared by every digit', () => {
  const { ofSource, ofFound } = propertyMeaning({ source: 'l', target: 'l', index: 0 } as FeedColumn, true);
  expect(ofSource('[9007199254740993, 1]')).toBe(ofFound([9007199254740993n, 1n]));
  expect(ofSource('[9007199254740993, 1]')).not.toBe(ofFound([9007199254740992n, 1n]));
  expect(ofSource('[1, 2.5]')).toBe(ofFound([1, 2.5]));
  expect(ofSource('["9007199254740993"]')).not.toBe(ofFound([9007199254740993n]));
});
