import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { UserError } from '../../errors.js';

/** Bounds of a template that a stranger wrote: its own size, what it may print, and what rendering may take. */
export const MAX_TEMPLATE_BYTES = 2 ** 18;
const MAX_OUTPUT = 2 ** 18;
const MAX_MS = 5000;
const MAX_MEMORY_MB = 64;

/** What runs in the worker: the template's interpreter alone, on values that were copied there. */
const CODE = `
const { parentPort, workerData: { library, template, contexts, max } } = require('node:worker_threads');
const { Template } = require(library);
const parsed = new Template(template);
parentPort.postMessage(contexts.map(context => {
  try {
    const text = parsed.render(context);
    return text.length > max ? { error: 'it prints more than ' + max + ' characters' } : { text };
  } catch (error) {
    return { error: String(error && error.message).slice(0, 300) };
  }
}));
`;

export type Rendered = { readonly text: string } | { readonly error: string };

/**
 * Renders a Jinja template under each of several contexts (`@huggingface/jinja`), in a thread of its own: without the
 * environment, bounded in time, memory and output. The template reaches nothing but its context, since the interpreter
 * knows no other names. UserError, with `source`, where a bound is passed or the template is none.
 */
export async function renderJinja(
  template: string,
  contexts: readonly Readonly<Record<string, unknown>>[],
  source: string,
): Promise<Rendered[]> {
  const require = createRequire(import.meta.url);
  const library = require.resolve('@huggingface/jinja');
  const worker = new Worker(CODE, {
    eval: true,
    env: {},
    argv: [],
    execArgv: [],
    stdin: false,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: MAX_MEMORY_MB, maxYoungGenerationSizeMb: 16, stackSizeMb: 2 },
    workerData: { library, template, contexts, max: MAX_OUTPUT },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Rendered[]>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`it takes more than ${MAX_MS / 1000} seconds`)), MAX_MS);
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', code => reject(new Error(`its thread ended with code ${code}`)));
    });
  } catch (error) {
    throw new UserError(
      `${source}: the chat template cannot be rendered (${reasonOf(error)}); give --template`,
    );
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return `it takes more than ${MAX_MEMORY_MB} MB`;
  return message.slice(0, 300);
}
