import type { PlanEmbedder } from '../../core/plan';
import type { Embedder, EmbedderContext } from './embedder';
import { hashingEmbedder } from './hashing';
import { ollamaEmbedder } from './ollama';
import { openaiEmbedder } from './openai';
import { transformersEmbedder } from './transformers';

/** Opens what the plan asks for; nothing is connected or loaded yet. `dimension` is the plan's. */
export function openEmbedder(
  planned: PlanEmbedder | undefined,
  dimension: number | undefined,
  context: EmbedderContext,
): Embedder {
  switch (planned?.provider ?? 'hashing') {
    case 'hashing':
      return hashingEmbedder(dimension);
    case 'openai':
      return openaiEmbedder(planned!, dimension, context);
    case 'ollama':
      return ollamaEmbedder(planned!, context);
    case 'transformers':
      return transformersEmbedder(planned!);
  }
}
