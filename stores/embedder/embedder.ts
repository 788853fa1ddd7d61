import type { PlanEmbedder } from '../../core/plan';
import { SqliftError } from '../../core/errors';

/** What makes vectors of texts. */
export interface Embedder {
  /** What its vectors depend on besides the text: another identity, other vectors. */
  readonly identity: string;
  /** Whether the same text always has the very same vector, and computing it costs less than looking it up. */
  readonly computed: boolean;
  /** Whether asking again is for nothing: on this machine, or on one's own. Verification then asks for some texts again. */
  readonly free: boolean;
  /** Where it is known without asking. */
  readonly dimension?: number;
  /** Texts of one call, at most, and their characters. */
  readonly batch: { texts: number; characters: number };
  /**
   * A vector for each text.
   * @throws SqliftError EmbedderUnreachable, EmbedderRefused, RateLimited, SettingMissing
   */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]>;
}

export interface EmbedderContext {
  env: NodeJS.ProcessEnv;
}

/** Names a model, which these providers cannot do without. */
export function modelOf({ provider, model }: PlanEmbedder): string {
  if (model === undefined) throw new SqliftError('PlanInvalid', `embedder ${provider}: say which model`);
  return model;
}
