import { describe, expect, it, vi } from 'vitest';
import { benchmarks } from '../../src/benchmarks/index.js';
import { ownBenchmark } from '../../src/benchmarks/jsonl.js';
import { commonOptions } from '../../src/harness/options.js';
import { askingOf, graderOf, judgeAt, setUp } from '../../src/harness/protocol.js';
import { promptTemplate, promptTemplates, renderPrompt } from '../../src/models/text/prompt.js';
import { target } from '../scorers/fixtures.js';

/** A checkpoint with what its folder says of templates and suffixes, if anything. */
const modelWith = (own: { template?: string; suffix?: string } = {}) => ({
  template: (asked: string | undefined, otherwise: string) =>
    promptTemplate(asked ?? own.template ?? otherwise),
  suffix: own.suffix,
});

const options = (given: object = {}) => commonOptions.parse(given);
const llava = modelWith();
const { gqa, pope, vqav2, cvbench } = benchmarks;

/** The whole prompt of a question. */
function prompt(
  given: object,
  benchmark: (typeof benchmarks)[keyof typeof benchmarks],
  model = llava,
): string {
  const { template, suffix } = setUp(options({ judge: 'rule', ...given }), model, benchmark).asking;
  return renderPrompt(template, 'Is it red?', suffix);
}

describe('protocols', () => {
  it('llava: LLaVA-1.5’s template, suffixes, greedy decoding, the benchmark’s rule', () => {
    const { asking, judge, scorer } = setUp(options(), llava, gqa);
    expect(asking).toEqual({
      template: promptTemplates.vicuna_v1,
      suffix: gqa.suffix,
      maxNewTokens: 128,
      temperature: 0,
      seed: 0,
    });
    expect(judge).toBe('rule');
    expect(scorer('Red.', target('red'))).toEqual(gqa.scorer('Red.', target('red')));
    expect(prompt({}, gqa)).toMatch(
      /USER: <image>\nIs it red\?\nAnswer the question using a single word or phrase. ASSISTANT:$/,
    );
  });

  it('authors: another template, sampling, and its own wording benchmark by benchmark', () => {
    const given = { protocol: 'authors' };
    expect(setUp(options(given), llava, pope).asking).toMatchObject({
      template: promptTemplates.llava_v1,
      maxNewTokens: 1024,
      temperature: 0.2,
    });
    expect(setUp(options(given), llava, vqav2).asking).toMatchObject({ maxNewTokens: 128, temperature: 0.2 });
    expect(prompt(given, benchmarks['2ds'])).toMatch(/<image>\nIs it red\? ASSISTANT:$/);
    expect(prompt(given, pope)).toMatch(
      /<image>\nIs it red\? \nPlease answer either "yes" or "no". For example, "yes". ASSISTANT:$/,
    );
    expect(prompt(given, cvbench)).toMatch(
      /red\? \nPlease answer based on the choices given above. For example, "A", "B", "C", "D", or "E". ASSISTANT:$/,
    );
    expect(prompt(given, gqa)).toMatch(
      /red\?\nAnswer the question using a single word or phrase. ASSISTANT:$/,
    );
  });

  it('a flag sets one part alone', () => {
    const given = { protocol: 'authors', temperature: 0, maxNewTokens: 5, suffix: 'Go.', template: 'plain' };
    const { scorer, ...rest } = setUp(options({ ...given, judge: 'contains', seed: 3 }), llava, cvbench);
    expect(rest).toEqual({
      asking: { template: promptTemplates.plain, suffix: 'Go.', maxNewTokens: 5, temperature: 0, seed: 3 },
      judge: 'contains',
    });
    expect(scorer('it is red', target('red')).score).toBe(1);
    expect(setUp(options({ suffix: '' }), llava, gqa).asking.suffix).toBe('');
  });

  it('a checkpoint’s own template and suffix win over the protocol’s, flags over both', () => {
    const mini = modelWith({ template: 'plain', suffix: '' });
    for (const protocol of ['llava', 'authors']) {
      const own = setUp(options({ protocol, judge: 'rule' }), mini, pope).asking;
      expect(own).toMatchObject({ template: promptTemplates.plain, suffix: '' });
    }
    const asked = setUp(options({ template: 'llava_v1', suffix: 'Now.' }), mini, pope).asking;
    expect(asked).toMatchObject({ template: promptTemplates.llava_v1, suffix: 'Now.' });
  });

  it('a question of no benchmark has no suffix but a given one', () => {
    expect(askingOf(options(), llava)).toMatchObject({ suffix: '', maxNewTokens: 128, temperature: 0 });
    expect(askingOf(options({ suffix: 'Now.' }), llava).suffix).toBe('Now.');
  });

  it('never grades by rule what a protocol leaves to a language model', () => {
    expect(() => setUp(options({ protocol: 'authors' }), llava, cvbench)).toThrow(
      /gpt-4o-mini.*--judge URL.*--judge rule/,
    );
    expect(() => setUp(options({ judge: 'gpt' }), llava, cvbench)).toThrow(
      /"gpt" is not known.*URL.*contains/,
    );
    const { judge, language } = setUp(options({ protocol: 'authors', judge: 'rule' }), llava, cvbench);
    expect([judge, language]).toEqual(['rule', undefined]);
  });

  it('names the known ones for an unknown one', () => {
    expect(() => setUp(options({ protocol: 'lava' }), llava, gqa)).toThrow(/protocols are: authors, llava/);
  });
});

describe('a language model as the judge', () => {
  const url = 'http://localhost:1234/v1';

  it('grades what is asked, by name, after the rule', () => {
    const { judge, language, scorer } = graderOf(options({ judge: url, judgeModel: 'small' }), pope);
    expect(judge).toBe('small');
    expect(language).toMatchObject({ model: 'small', url });
    expect(scorer('yes', target('yes')).score).toBe(1);
  });

  it('is the authors’ own on the benchmarks that they had graded so, the rule on the others', () => {
    const given = options({ protocol: 'authors', judge: url });
    expect(graderOf(given, benchmarks['2ds'])).toMatchObject({
      judge: 'gpt-4o-mini',
      language: { model: 'gpt-4o-mini' },
    });
    expect(graderOf(given, pope)).toMatchObject({ judge: 'rule' });
    expect(graderOf(given, pope).language).toBeUndefined();
    expect(graderOf({ ...given, judgeModel: 'small' }, cvbench).judge).toBe('small');
  });

  it('has a name and an address', () => {
    expect(() => graderOf(options({ judge: url }), gqa)).toThrow('name it with --judge-model');
    expect(() => graderOf(options({ judgeModel: 'small' }), gqa)).toThrow('--judge URL');
    expect(() => graderOf(options({ judge: 'gopher://host', judgeModel: 'small' }), gqa)).toThrow('no URL');
  });

  it('has a key that a header takes, or the variable is named, not the key', () => {
    vi.stubEnv('VLM_SPATIAL_JUDGE_KEY', 'sk-secret\nX-Other: 1');
    try {
      const judge = () => judgeAt(url, 'small');
      expect(judge).toThrow('VLM_SPATIAL_JUDGE_KEY holds no key');
      expect(judge).not.toThrow('sk-secret');
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe('the rule', () => {
  it('knows no score where the answers are not published', () => {
    for (const benchmark of Object.values(benchmarks)) {
      const { scorer } = graderOf(options(), benchmark);
      expect(scorer('yes', target()).score).toBeNaN();
    }
  });

  it('of a benchmark of one’s own goes by its name', () => {
    expect(graderOf(options(), ownBenchmark('mine.jsonl', 'yesno')).judge).toBe('yesno');
    expect(graderOf(options({ judge: 'exact' }), ownBenchmark('mine.jsonl', 'yesno')).judge).toBe('exact');
  });
});
