import { metricMeter } from '@temporalio/activity';

/** What the worker counts besides the SDK's own metrics; served where SQLIFT_METRICS_ADDRESS says. */

const loaded = () => metricMeter.createCounter('sqlift_rows_loaded', 'row', 'Rows copied into staging');
const quarantined = () => metricMeter.createCounter('sqlift_rows_quarantined', 'row', 'Rows kept out of the target');
const bytes = () => metricMeter.createCounter('sqlift_source_bytes', 'byte', 'Source bytes read by the import');

/** Counts a chunk that has been committed. */
export function countChunk(source: string, chunk: { rows: number; quarantined: number; bytes: number }): void {
  loaded().add(chunk.rows, { source });
  quarantined().add(chunk.quarantined, { source });
  bytes().add(chunk.bytes, { source });
}
