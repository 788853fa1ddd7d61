import { existsSync } from 'node:fs';
import path from 'node:path';
import { SqliftError } from '../../core/errors';
import type { PlanEmbedder } from '../../core/plan';
import { modelOf } from './embedder';
import type { Embedder } from './embedder';

const PACKAGE = '@huggingface/transformers';

/** What is used of the package. */
interface Transformers {
  env: { allowRemoteModels: boolean; allowLocalModels: boolean; localModelPath: string };
  pipeline: (
    task: 'feature-extraction',
    model: string,
    options: { local_files_only: boolean },
  ) => Promise<
    (texts: string[], options: { pooling: 'mean'; normalize: true }) => Promise<{ tolist: () => number[][] }>
  >;
}

/**
 * A model in a local folder (config.json, tokenizer.json, onnx/model.onnx), run by transformers.js in the worker. The package is loaded only here, and is no
 * dependency of sqlift. Nothing is downloaded.
 */
export function transformersEmbedder(planned: PlanEmbedder): Embedder {
  const folder = path.resolve(modelOf(planned));
  let loaded: ReturnType<Transformers['pipeline']> | undefined;
  return {
    identity: `transformers ${folder}`,
    computed: false,
    free: true,
    batch: { texts: 32, characters: 100_000 },
    async embed(texts) {
      const run = await (loaded ??= load(folder));
      const output = await run([...texts], { pooling: 'mean', normalize: true });
      return output.tolist().map((values) => Float32Array.from(values));
    },
  };
}

async function load(folder: string): ReturnType<Transformers['pipeline']> {
  if (!existsSync(path.join(folder, 'config.json')))
    throw new SqliftError('EmbedderRefused', `${folder} holds no model: config.json is missing`, { file: folder });
  let transformers: Transformers;
  try {
    // In a variable, so that it is not looked for where it is not asked for.
    const name: string = PACKAGE;
    transformers = (await import(name)) as Transformers;
  } catch (error) {
    const message = `${PACKAGE} is not installed; \`npm install --no-save ${PACKAGE}\` installs it`;
    throw new SqliftError('EmbedderRefused', message, {}, { cause: error });
  }
  transformers.env.allowRemoteModels = false;
  transformers.env.allowLocalModels = true;
  transformers.env.localModelPath = path.dirname(folder);
  return transformers.pipeline('feature-extraction', path.basename(folder), { local_files_only: true });
}
