import { join, relative } from 'node:path';
import { UserError } from '../errors.js';
import { writePage } from '../report/page/write-page.js';
import { type ReportRun, reportPage } from '../report/report-page/report-page.js';
import { readRunInfo } from '../runs/run-info.js';
import { describeRun, provenanceOf } from './stored-result.js';
import { readSuite, suiteNames } from './suite.js';
import type { Report } from './write-report.js';

/** Writes `<root>/<suite>/report.html` for every suite among the reports; returns the pages' paths. */
export async function writeReportPages(reports: readonly Report[], root: string): Promise<string[]> {
  const pages = [];
  for (const suite of new Set(reports.map(report => report.suite))) {
    const ofSuite = reports.filter(report => report.suite === suite);
    const runs = [];
    for (const report of ofSuite) {
      for (const dir of report.runs) runs.push(await reportRun(dir, join(root, suite)));
    }
    const page = join(root, suite, 'report.html');
    await writePage(
      page,
      reportPage({
        suite,
        summary: suiteNames().includes(suite) ? readSuite(suite).summary : "checkpoints of the user's own",
        sections: ofSuite.map(({ experiment, paper, summary, notices, tables, figures }) => ({
          ...{ name: experiment, paper, summary, notices, tables, figures },
        })),
        verdicts: ofSuite.flatMap(({ verdicts }) => verdicts),
        runs,
      }),
    );
    pages.push(page);
  }
  return pages;
}

async function reportRun(dir: string, from: string): Promise<ReportRun> {
  const info = await readRunInfo(dir);
  if (!info) throw new UserError(`${dir} holds no run any more: run the command again`);
  const { parts, manifest } = describeRun(dir, info);
  return {
    dir: relative(from, dir),
    key: info.key,
    experiment: info.experiment,
    model: manifest.model.title,
    benchmark: manifest.benchmark.title,
    split: parts.split,
    provenance: provenanceOf(info.key, parts, manifest.protocol),
  };
}
