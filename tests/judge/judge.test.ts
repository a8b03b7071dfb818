import type { ServerResponse } from 'node:http';
import { describe, expect, it, test } from 'vitest';
import { openJudge } from '../../src/judge/judge.js';
import { yesNoIn } from '../../src/judge/prompt.js';
import { fail, type Reply, withJudge } from '../support/judge-server.js';

const target = { question: 'What is red?', targets: ['(A)'] };
const going = new AbortController().signal;

/** Asks a judge behind a server that answers so; the pauses it made, in seconds, and what the server was asked. */
async function ask(reply: Reply, options: { key?: string; timeout?: number } = {}, signal = going) {
  const pauses: number[] = [];
  return withJudge(reply, async ({ url, asked }) => {
    const wait = async (milliseconds: number) => {
      pauses.push(milliseconds / 1000);
    };
    const judge = openJudge({ url, model: 'small', wait, ...options });
    const outcome = await judge.ask('the circle', target, signal).catch((error: Error) => error);
    return { outcome, message: outcome instanceof Error ? outcome.message : '', pauses, asked };
  });
}

/** Answers for ever, as fast as it is read. */
function flood(response: ServerResponse): void {
  const more = () => {
    while (!response.destroyed && response.write('x'.repeat(1 << 16)));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
}

test.each([
  ['yes', 'yes'],
  ['No.', 'no'],
  ['**Yes**, it is not wrong', 'yes'],
  ['I would say no, though yes might do', 'no'],
  ['yesterday', undefined],
  ['nothing yes_', undefined],
  ['', undefined],
  ['maybe', undefined],
])('the first yes or no of %j is %s', (reply, verdict) => {
  expect(yesNoIn(reply)).toBe(verdict);
});

describe('a judge', () => {
  it('is asked with question, right answer and answer, at temperature 0.2, its key in the header', async () => {
    const { outcome, asked } = await ask(() => 'Yes.', { key: 'secret-key' });
    expect(outcome).toEqual({ verdict: 'yes', reply: 'Yes.' });
    expect(asked).toHaveLength(1);
    const [{ path, key, body }] = asked as [(typeof asked)[0]];
    expect([path, key, body.model, body.temperature]).toEqual([
      '/v1/chat/completions',
      'secret-key',
      'small',
      0.2,
    ]);
    expect(body.messages.map(m => m.role)).toEqual(['system', 'user']);
    for (const part of ['What is red?', '(A)', '"the circle"'])
      expect(body.messages[1]!.content).toContain(part);
  });

  it('is asked without a key where there is none', async () => {
    expect((await ask(() => 'no')).asked[0]!.key).toBeUndefined();
  });

  it('is asked again after the pause that a 429 wants, and after doubling pauses otherwise', async () => {
    const { outcome, pauses } = await ask((_, response, number) => {
      if (number === 1) return fail(response, 429, 'slow down', { 'Retry-After': '7' });
      if (number < 4) return fail(response, 500, 'oops');
      return 'no';
    });
    expect(outcome).toEqual({ verdict: 'no', reply: 'no' });
    expect(pauses).toEqual([7, 2, 4]);
  });

  it('understands a date to retry after', async () => {
    const { pauses } = await ask((_, response, number) =>
      number > 1
        ? 'yes'
        : fail(response, 503, 'busy', { 'Retry-After': new Date(Date.now() + 100_000).toUTCString() }),
    );
    expect(pauses[0]).toBeGreaterThan(90);
    expect(pauses[0]).toBeLessThanOrEqual(100);
  });

  it('is not waited for as long as it likes', async () => {
    const { message, asked } = await ask((_, response) =>
      fail(response, 429, 'quota', { 'Retry-After': '86400' }),
    );
    expect(message).toContain('left alone for 86400 s (HTTP 429: quota)');
    expect(asked).toHaveLength(1);
  });

  it('is given up after six tries', async () => {
    const { message, pauses, asked } = await ask((_, response) => fail(response, 502, 'bad\ngateway'));
    expect(message).toMatch(/did not answer in 6 tries \(HTTP 502: bad gateway\): try again later$/);
    expect(asked).toHaveLength(6);
    expect(pauses).toEqual([1, 2, 4, 8, 16]);
  });

  it('has only so long to answer', async () => {
    const { outcome, asked } = await ask((_, __, number) => (number === 1 ? undefined : 'yes'), {
      timeout: 200,
    });
    expect(outcome).toEqual({ verdict: 'yes', reply: 'yes' });
    expect(asked).toHaveLength(2);
  });

  it('need not be there', async () => {
    const url = await withJudge(
      () => 'yes',
      async server => server.url,
    );
    const judge = openJudge({ url, model: 'm', wait: async () => {}, tries: 2 });
    await expect(judge.ask('a', target, going)).rejects.toThrow(/in 2 tries \(.*ECONNREFUSED/);
  });

  it.each([
    [401, {}, /wants a key: put it into VLM_SPATIAL_JUDGE_KEY \(HTTP 401: who\?\)/],
    [403, { key: 'k' }, /refuses the key.*\(HTTP 403: who\?\)/],
    [404, {}, /no such model: check --judge and --judge-model \(HTTP 404: who\?\)/],
    [400, {}, /refuses to grade.*HTTP 400/],
    [307, {}, /refuses to grade.*HTTP 307/],
  ])('that says %i is not asked again', async (status, options, expected) => {
    const { message, asked } = await ask((_, response) => fail(response, status, 'who?'), options);
    expect(message).toMatch(expected);
    expect(message).not.toContain('\n');
    expect(asked).toHaveLength(1);
  });

  it.each([['<html>'], ['{"choices": []}'], ['{"choices": [{"mess'], ['[]']])(
    'must speak OpenAI’s tongue, not %s',
    async body => {
      const { message } = await ask((_, response) => {
        response.end(body);
        return undefined;
      });
      expect(message).toMatch(
        /^expected a chat completion from .*\/v1\/chat\/completions, found ".*" *: check/,
      );
    },
  );

  it.each([
    ['at once', (response: ServerResponse) => void response.end(`{"choices": "${'x'.repeat(2 << 20)}`)],
    ['without an end', (response: ServerResponse) => flood(response)],
    ['as a failure', (response: ServerResponse) => flood(response.writeHead(500))],
  ])('is read no further than a MiB: %s', async (_, answer) => {
    const { message, asked } = await ask((_, response) => {
      answer(response);
      return undefined;
    });
    expect(message).toMatch(/found an answer of more than 1 MiB: check that --judge/);
    expect(asked).toHaveLength(1);
  });

  it('that declines to reply says neither yes nor no', async () => {
    const { outcome } = await ask((_, response) => {
      response.end('{"choices": [{"message": {"content": null}}]}');
      return undefined;
    });
    expect(outcome).toEqual({ verdict: 'unclear', reply: '' });
  });

  it('may repeat the key, which we do not', async () => {
    const key = 'sk-very-secret';
    const { message } = await ask((_, response) => fail(response, 401, `no such key: ${key}`), { key });
    expect(message).toContain('no such key: ***');
    expect(message).not.toContain(key);
    const { outcome } = await ask(() => `no, ${key}`, { key });
    expect(outcome).toEqual({ verdict: 'no', reply: 'no, ***' });
    const hex = [...key].map(letter => letter.charCodeAt(0).toString(16).padStart(4, '0'));
    const escapes = [
      hex.map(code => `\\u${code}`).join(''),
      hex.map(code => `\\\\u${code.toUpperCase()}`).join(''),
      hex.map(code => `%${code.slice(2)}`).join(''),
      hex.map(code => `&#x${code};`).join(''),
      [...key].map(letter => `&#${letter.charCodeAt(0)};`).join(''),
      key.replaceAll('e', '\\u0065'),
    ];
    for (const escaped of escapes) {
      const said = { choices: [{ message: { content: 'yes, KEY' } }] };
      const raw = (body: object) => JSON.stringify(body).replace('KEY', escaped);
      const replied = await ask((_, response) => void response.end(raw(said)), { key });
      expect(replied.outcome).toEqual({ verdict: 'yes', reply: 'yes, ***' });
      const refused = await ask(
        (_, response) => void response.writeHead(400).end(raw({ error: { message: 'no KEY' } })),
        { key },
      );
      expect(refused.message).toContain('no ***');
      const strange = await ask((_, response) => void response.end(raw({ strange: 'KEY' })), { key });
      expect(strange.message).toContain('***');
    }
  });

  it('stops where it is told to', async () => {
    const stop = new AbortController();
    const { outcome } = await ask(
      () => {
        stop.abort(new Error('enough'));
        return undefined;
      },
      {},
      stop.signal,
    );
    expect(outcome).toEqual(new Error('enough'));
  });
});

describe('a judge’s address', () => {
  it.each([
    ['localhost:8000', /no URL/],
    ['ftp://host/v1', /no URL/],
    ['https://me:secret@host/v1', /without user, password or query/],
    ['https://host/v1?key=secret', /without user, password or query/],
  ])('%s is refused, and not repeated where it holds a secret', (url, expected) => {
    expect(() => openJudge({ url, model: 'm' })).toThrow(expected);
    expect(() => openJudge({ url, model: 'm' })).not.toThrow('secret');
  });

  it('and all else that a verdict depends on tell verdicts apart', () => {
    const key = (url: string, model: string, output: string, question = 'q', targets = ['t']) =>
      openJudge({ url, model }).keyOf(output, { question, targets });
    const one = key('http://a/v1', 'm', 'o');
    expect(key('http://a/v1/', 'm', 'o')).toBe(one);
    expect(key('http://a/v1/chat/completions', 'm', 'o')).toBe(one);
    const others = [
      key('http://b/v1', 'm', 'o'),
      key('http://a/v1', 'n', 'o'),
      key('http://a/v1', 'm', 'p'),
      key('http://a/v1', 'm', 'o', 'r'),
      key('http://a/v1', 'm', 'o', 'q', ['u']),
    ];
    expect(new Set([one, ...others]).size).toBe(6);
  });
});
