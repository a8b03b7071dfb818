/** Which room may import which (top to bottom only), and which package belongs to which room. */
const order = [
  ['cli'],
  ['library'],
  ['harness'],
  ['training', 'experiments', 'judge', 'report', 'runs', 'fetch'],
  ['benchmarks', 'world'],
  ['scorers'],
  ['interventions', 'observers'],
  ['models'],
  ['engine'],
  ['metrics', 'records', 'paper'],
];

const upwards = order.flatMap((rooms, level) => {
  const above = order.slice(0, level).flat();
  return above.length === 0
    ? []
    : rooms.map(room => ({
        name: `${room}-imports-upwards`,
        severity: 'error',
        from: { path: `^src/${room}/` },
        to: { path: `^src/(${above.join('|')}|index)` },
      }));
});

const only = (what, path, rooms) => ({
  name: `${what}-only-there`,
  severity: 'error',
  from: { path: '^src/', pathNot: rooms },
  to: { path: `node_modules/${path}` },
});

module.exports = {
  forbidden: [
    ...upwards,
    // The data's rooms know nothing of models, and models nothing of data.
    {
      name: 'data-without-models',
      severity: 'error',
      from: { path: '^src/(benchmarks|world|scorers|metrics|records|paper|runs|judge|report)/' },
      to: { path: '^src/(models|engine|interventions|observers)/' },
    },
    {
      name: 'models-without-data',
      severity: 'error',
      from: { path: '^src/(models|engine|interventions|observers)/' },
      to: { path: '^src/(benchmarks|world|scorers|runs|judge|report)/' },
    },
    // Fetching knows nothing of what is fetched, and nothing below the harness fetches.
    {
      name: 'fetch-alone',
      severity: 'error',
      from: { path: '^src/fetch/' },
      to: { path: '^src/', pathNot: '^src/(fetch/|metrics/|records/|errors|make-folder|printable)' },
    },
    {
      name: 'fetch-from-above-only',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|harness|fetch)/' },
      to: { path: '^src/fetch/' },
    },
    only('hugging-face-hub', '@huggingface/hub/', '^src/fetch/'),
    only('commander', '(commander|cli-progress)/', '^src/cli/'),
    only('csv-parse', 'csv-parse/', '^src/benchmarks/'),
    only('csv-stringify', 'csv-stringify/', '^src/report/'),
    only('tensorflow', '@tensorflow/', '^src/(engine|models|interventions|observers|training)'),
    only('sharp', 'sharp/', '^src/(models/images/|benchmarks/|world/|report/)'),
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: '\\.d\\.ts$|^src/report/page/browser/' },
      to: {},
    },
    {
      name: 'no-dev-packages',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
