import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { addSchemaOptions, resolveOptions } from '../../src/cli/options.js';

const schema = z.strictObject({
  maxNewTokens: z.int().positive().default(128).meta({ description: 'longest answer' }),
  bench: z.array(z.string().min(1)).min(1).default(['2ds']),
  counts: z.array(z.int()).optional(),
  backend: z.enum(['auto', 'wasm']).default('auto'),
  resume: z.boolean().default(true).meta({ description: 'start anew' }),
  permute: z.boolean().default(false),
  limit: z.int().positive().optional(),
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
    expect(() => settings([], { maxTokens: 3 })).toThrow(/unknown setting "maxTokens".*maxNewTokens/);
  });

  it('state each default and choice in the help', () => {
    const help = addSchemaOptions(new Command('test'), schema).helpInformation();
    expect(help).toContain('--max-new-tokens <N>');
    expect(help).toMatch(/longest answer \(default: 128\)/);
    expect(help).toContain('"auto", "wasm"');
    expect(help).toContain('--no-resume');
  });
});
