import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request as the judge's API got it. */
export interface Asked {
  readonly path: string;
  readonly key: string | undefined;
  readonly body: {
    readonly model: string;
    readonly temperature: number;
    readonly messages: readonly { readonly role: string; readonly content: string }[];
  };
}

/** Answers a request by hand: what is returned is the reply; undefined where `response` was ended already. */
export type Reply = (
  asked: Asked,
  response: ServerResponse,
  number: number,
) => string | undefined | Promise<string | undefined>;

export interface JudgeServer {
  readonly url: string;
  /** All requests so far. */
  readonly asked: readonly Asked[];
}

/** Runs `use` beside a local API in OpenAI's form. */
export async function withJudge<T>(reply: Reply, use: (server: JudgeServer) => Promise<T>): Promise<T> {
  const asked: Asked[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    const key = request.headers.authorization?.replace('Bearer ', '');
    const one = { path: request.url!, key, body: JSON.parse(await text(request)) };
    asked.push(one);
    const content = await reply(one, response, asked.length);
    if (content === undefined) return;
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ choices: [{ message: { role: 'assistant', content } }] }));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked });
  } finally {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  }
}

/** Ends a response with a failure, as OpenAI words one. */
export function fail(
  response: ServerResponse,
  status: number,
  message: string,
  headers: Record<string, string> = {},
): undefined {
  response.writeHead(status, headers).end(JSON.stringify({ error: { message } }));
}

/** The answer to check in a question to the judge. */
export const answerIn = ({ body }: Asked): string => /"(.*)"/s.exec(body.messages[1]!.content)![1]!;
