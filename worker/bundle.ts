import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** Bundles the workflows ahead, at build time, so that a worker starts without a bundler. `npm run build` runs this file. */

export const BUNDLE_FILE = path.join(__dirname, 'workflow-bundle.js');

export async function bundleWorkflows(): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: require.resolve('../workflows'),
    logger: new DefaultLogger('WARN'),
  });
  return code;
}

if (require.main === module) {
  void bundleWorkflows().then((code) => writeFileSync(BUNDLE_FILE, code));
}
