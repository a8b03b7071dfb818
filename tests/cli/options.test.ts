import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { addCallOptions, type CallOptions } from '../../src/cli/call.js';
import { addSchemaOptions, resolveOptions } from '../../src/cli/options.js';

const schema = z.strictObject({
  maxNewTokens: z.int().positive().default(128).meta({ description: 'longest answer' }),
  bench: z.array(z.string().min(1)).min(1).default(['2ds']),
  counts: z.array(z.int()).optional(),
  backend: z.enum(['auto', 'wasm']).default('auto'),
  resume: z.boolean().default(true).meta({ description: 'start anew' }),
  permute: z.boolean().default(false),
  limit: z.int().positive().optional(),
  share: z.number().positive().max(0.5).optional(),
});

/** The settings of a command line, as the program would have them. */
function settings(args: string[], file: Record<string, unknown> = {}) {
  const command = addSchemaOptions(new Command('test').exitOverride(), schema);
  command.configureOutput({ writeErr: () => {} }).action(() => {});
  command.parse(args, { from: 'user' });
  return resolveOptions(command, schema, file);
}

describe('settings of a command', () => {
  it('are the schema’s defaults without flags', () => {
    expect(settings([])).toEqual({
      maxNewTokens: 128,
      bench: ['2ds'],
      backend: 'auto',
      resume: true,
      permute: false,
    });
  });

  it('take flags over the configuration file over defaults', () => {
    const file = { maxNewTokens: 7, limit: 3, resume: false };
    expect(settings(['--max-new-tokens', '9'], file)).toMatchObject({
      maxNewTokens: 9,
      limit: 3,
      resume: false,
    });
  });

  it('read lists with commas, repeated flags, or both, as numbers where they are', () => {
    expect(settings(['--bench', 'gqa,pope', '--bench', '2ds']).bench).toEqual(['gqa', 'pope', '2ds']);
    expect(settings(['--counts', '2,3']).counts).toEqual([2, 3]);
  });

  it('read booleans by their flag', () => {
    expect(settings(['--no-resume', '--permute'])).toMatchObject({ resume: false, permute: true });
  });

  it('say what a flag takes, in words, and what it was given', () => {
    const errors = {
      '--limit abc': "--limit takes a whole number from 1, not 'abc'",
      '--limit 0': "--limit takes a whole number from 1, not '0'",
      '--limit 1.5': "--limit takes a whole number from 1, not '1.5'",
      '--limit 0x10': "--limit takes a whole number from 1, not '0x10'",
      '--counts 2,x': "--counts takes a list, by commas, of whole numbers, not '2,x'",
      '--backend cuda': "--backend takes one of auto, wasm, not 'cuda'",
      '--share 1': "--share takes a number above 0 to 0.5, not '1'",
      '--bench ,': "--bench takes a list of names, by commas, not ','",
    };
    for (const [line, error] of Object.entries(errors))
      expect(() => settings(line.split(' '))).toThrow(error);
    expect(() => settings([], { limit: -1 })).toThrow(
      '--limit takes a whole number from 1, not -1 (in the configuration file)',
    );
    expect(() => settings([], { permute: 'yes' })).toThrow("--permute takes true or false, not 'yes'");
  });

  it('are read from the file as from the command line: any spelling, text, a single value for a list', () => {
    expect(
      settings([], { 'max-new-tokens': '7', bench: 'gqa,pope', counts: 3, permute: 'true' }),
    ).toMatchObject({
      maxNewTokens: 7,
      bench: ['gqa', 'pope'],
      counts: [3],
      permute: true,
    });
    expect(settings([], { max_new_tokens: 7, 'no-resume': true, bench: ['a,b'] })).toMatchObject({
      maxNewTokens: 7,
      resume: false,
      bench: ['a,b'],
    });
    expect(settings([], { num_samples: 3 }).limit).toBe(3);
    expect(() => settings([], { device: 'cuda' })).toThrow('--backend gpu');
  });

  it('take --json and --quiet from the file, too', () => {
    const command = addCallOptions(addSchemaOptions(new Command('test'), schema));
    const call = command.parse([], { from: 'user' }).opts<CallOptions>();
    resolveOptions(command, schema, { json: true, limit: 2 });
    expect(call.json).toBe(true);
  });

  it('are frozen', () => {
    expect(Object.isFrozen(settings([]))).toBe(true);
  });

  it('refuse what does not fit, naming the flag', () => {
    expect(() => settings(['--limit', '0'])).toThrow('--limit');
    expect(() => settings(['--limit', 'x'])).toThrow('--limit');
    expect(() => settings(['--backend', 'cuda'])).toThrow();
    expect(() => settings([], { maxNewTokens: 'many' })).toThrow('--max-new-tokens');
  });

  it('refuse an unknown setting of the file, with those there are', () => {
    expect(() => settings([], { maxNewToken: 3 })).toThrow(
      /unknown setting "maxNewToken" \(did you mean "maxNewTokens"\?\); settings are: .*limit/,
    );
  });

  it('state each default and choice in the help', () => {
    const help = addSchemaOptions(new Command('test'), schema).helpInformation();
    expect(help).toContain('--max-new-tokens <N>');
    expect(help).toMatch(/longest answer \(default: 128\)/);
    expect(help).toContain('"auto", "wasm"');
    expect(help).toContain('--no-resume');
  });
});
