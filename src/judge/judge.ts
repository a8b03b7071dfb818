import { createHash } from 'node:crypto';
import { z } from 'zod';
import { UsageError, UserError } from '../errors.js';
import type { Target } from '../scorers/types.js';
import { judgeMessages, type YesNo, yesNoIn } from './prompt.js';
import { oneLine, postJson, type RequestOptions, waitFor } from './request.js';
import { withoutKey } from './without-key.js';

/** What a language model said of an answer. */
export interface Verdict {
  /** Unclear where the reply has neither yes nor no. */
  readonly verdict: YesNo | 'unclear';
  /** Its reply, unchanged but for the key, were it in it. */
  readonly reply: string;
}

/** A language model that grades answers. */
export interface Judge {
  /** As its API names it, and run.json, tables and verdicts name the judge. */
  readonly model: string;
  /** The base of its API, as given. */
  readonly url: string;
  /** SHA-256 (hex) of all that the verdict on an answer depends on: endpoint, model, temperature and messages. */
  keyOf(output: string, target: Target): string;
  /** UserError where the endpoint gives no verdict; the signal's reason where it aborts. */
  ask(output: string, target: Target, signal: AbortSignal): Promise<Verdict>;
}

export interface JudgeOptions extends Partial<Omit<RequestOptions, 'signal'>> {
  /** Base of an OpenAI-compatible API, e.g. `https://api.openai.com/v1`. */
  readonly url: string;
  readonly model: string;
}

/** As the paper's released graders set it. */
const TEMPERATURE = 0.2;

const completion = z.object({
  // Where a model declines to reply, there is no content.
  choices: z.tuple([z.object({ message: z.object({ content: z.string().nullable() }) })], z.unknown()),
});

/**
 * A judge behind an OpenAI-compatible API (`POST <url>/chat/completions`). Nothing is sent yet. UsageError where the URL is
 * none, or carries a secret: it is stored with the run, as the key never is.
 * @param options `timeout` 60 s a try, `tries` 6
 */
export function openJudge({ url, model, ...given }: JudgeOptions): Judge {
  const endpoint = endpointOf(url);
  const options = { key: undefined, timeout: 60_000, tries: 6, wait: waitFor, ...given };
  const request = (output: string, target: Target) => ({
    model,
    temperature: TEMPERATURE,
    messages: judgeMessages(output, target),
  });
  return {
    model,
    url,
    keyOf: (output, target) =>
      createHash('sha256')
        .update(JSON.stringify([endpoint, request(output, target)]))
        .digest('hex'),
    async ask(output, target, signal) {
      const text = await postJson(endpoint, request(output, target), { ...options, signal });
      // After the JSON is read, which may have had the key in other letters.
      const said = replyIn(text);
      const reply = said === undefined ? undefined : withoutKey(said, options.key);
      if (reply === undefined) {
        throw new UserError(
          `expected a chat completion from ${endpoint}, found "${oneLine(withoutKey(text, options.key)).slice(0, 80)}": check that --judge is the base of an OpenAI-compatible API (it often ends in /v1)`,
        );
      }
      return { verdict: yesNoIn(reply) ?? 'unclear', reply };
    },
  };
}

function endpointOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    throw new UsageError(
      `--judge "${url}" is no URL of an API; give one as https://api.openai.com/v1 or http://localhost:8000/v1`,
    );
  }
  if (parsed.username || parsed.password || parsed.search || parsed.hash) {
    throw new UsageError(
      '--judge takes a URL without user, password or query, as it is stored; put a key into VLM_SPATIAL_JUDGE_KEY',
    );
  }
  return `${parsed.href.replace(/\/+$/, '').replace(/\/chat\/completions$/, '')}/chat/completions`;
}

function replyIn(text: string): string | undefined {
  try {
    return completion.parse(JSON.parse(text)).choices[0].message.content ?? '';
  } catch {
    return undefined;
  }
}
