import type { SourceFullText } from '../../core/source';
import { nameKey } from './names';
import { readVirtualTableSql } from './schema-sql';

/**
 * What a full-text table (sqlite.org/fts5.html, fts3.html) finds words in; undefined of tables of other modules.
 *
 * @param columns the table's own columns, as SQLite lists them
 */
export function readFullText(sql: string, columns: readonly string[]): SourceFullText | undefined {
  const { module, options, arguments: given } = readVirtualTableSql(sql);
  if (!/^fts[345]$/.test(module)) return undefined;
  const left = new Set(
    given.flatMap(([name = '', second = '', value = '']) => {
      if (module === 'fts5') return nameKey(second) === 'unindexed' ? [nameKey(name)] : [];
      return nameKey(name) === 'notindexed' && second === '=' ? [nameKey(value)] : [];
    }),
  );
  // FTS3 takes `content=t` for the name of a column.
  const content = module === 'fts3' ? undefined : options.get('content');
  const languageId = module === 'fts4' ? options.get('languageid') : undefined;
  return {
    columns: columns.filter((name) => !left.has(nameKey(name))),
    tokenizer: tokenizerIn(module, given),
    ...(content !== undefined && { content }),
    ...(languageId !== undefined && { languageId }),
  };
}

/** `tokenize=porter`, `tokenize porter` (FTS3 and FTS4), `tokenize = '''porter'' ''ascii'''` (FTS5). */
function tokenizerIn(module: string, given: readonly string[][]): string {
  const words = given.findLast(([name = '']) => nameKey(name) === 'tokenize')?.slice(1) ?? [];
  const text = (words[0] === '=' ? words.slice(1) : words).join(' ').replaceAll("'", '').trim();
  if (text !== '') return text;
  return module === 'fts5' ? 'unicode61' : 'simple';
}
