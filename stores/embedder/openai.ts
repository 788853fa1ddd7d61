import { SqliftError } from '../../core/errors';
import type { PlanEmbedder } from '../../core/plan';
import { modelOf } from './embedder';
import type { Embedder, EmbedderContext } from './embedder';
import { malformed, postJson, vectorsOf } from './http';

const PUBLIC = 'https://api.openai.com/v1';

/**
 * Any service that speaks OpenAI's `POST /embeddings`: OpenAI itself, vLLM, LM Studio, llama.cpp. OPENAI_API_KEY and OPENAI_BASE_URL are taken
 * from the environment; a service of one's own may need no key. Of the models that can shorten their vectors, the plan's dimension is asked for.
 */
export function openaiEmbedder(
  planned: PlanEmbedder,
  dimension: number | undefined,
  { env }: EmbedderContext,
): Embedder {
  const model = modelOf(planned);
  const base = (planned.url ?? (env.OPENAI_BASE_URL || PUBLIC)).replace(/\/+$/, '');
  const server = new URL(base).host;
  const shortened = dimension !== undefined && model.startsWith('text-embedding-3');
  return {
    identity: `openai ${base} ${model}${shortened ? ` ${dimension}` : ''}`,
    computed: false,
    free: false,
    batch: { texts: 96, characters: 200_000 },
    async embed(texts, signal) {
      const key = env.OPENAI_API_KEY;
      if (base === PUBLIC && !key)
        throw new SqliftError('SettingMissing', 'OPENAI_API_KEY is not set where the worker runs', { server });
      const body = { model, input: texts, encoding_format: 'float', ...(shortened && { dimensions: dimension }) };
      const answer = await postJson(`${base}/embeddings`, body, key ? { authorization: `Bearer ${key}` } : {}, signal);
      const data = (answer as { data?: unknown } | null)?.data;
      if (!Array.isArray(data)) throw malformed(server);
      const ordered: unknown[] = Array.from({ length: data.length });
      for (const item of data as { index?: unknown; embedding?: unknown }[]) {
        const at = item?.index;
        if (
          !Number.isInteger(at) ||
          (at as number) < 0 ||
          (at as number) >= data.length ||
          ordered[at as number] !== undefined
        )
          throw malformed(server);
        ordered[at as number] = item.embedding;
      }
      return vectorsOf(ordered, texts.length, server);
    },
  };
}
