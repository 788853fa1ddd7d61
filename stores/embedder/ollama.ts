import type { PlanEmbedder } from '../../core/plan';
import { modelOf } from './embedder';
import type { Embedder, EmbedderContext } from './embedder';
import { malformed, postJson, vectorsOf } from './http';

/** Ollama's `POST /api/embed`. Its address is the plan's, else OLLAMA_HOST, else the usual one of this machine. */
export function ollamaEmbedder(planned: PlanEmbedder, { env }: EmbedderContext): Embedder {
  const model = modelOf(planned);
  const base = (planned.url ?? addressOf(env.OLLAMA_HOST)).replace(/\/+$/, '');
  const server = new URL(base).host;
  return {
    identity: `ollama ${base} ${model}`,
    computed: false,
    free: true,
    batch: { texts: 64, characters: 200_000 },
    async embed(texts, signal) {
      // A text that the model has no room for is refused rather than cut in silence.
      const answer = await postJson(`${base}/api/embed`, { model, input: texts, truncate: false }, {}, signal);
      const embeddings = (answer as { embeddings?: unknown } | null)?.embeddings;
      if (!Array.isArray(embeddings)) throw malformed(server);
      return vectorsOf(embeddings, texts.length, server);
    },
  };
}

/** OLLAMA_HOST may be a host, a host with a port, or an address. */
function addressOf(host: string | undefined): string {
  if (host === undefined || host === '') return 'http://127.0.0.1:11434';
  const address = /^https?:\/\//.test(host) ? host : `http://${host}`;
  return /^https?:\/\/(\[[^\]]*\]|[^:/]*)\/*$/.test(address) && address.startsWith('http://')
    ? `${address.replace(/\/+$/, '')}:11434`
    : address;
}
