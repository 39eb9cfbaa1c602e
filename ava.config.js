export default {
  files: ['test/**/*.test.ts', '!test/prebuilds/**'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=tsx'],
  // Native addons and ava's worker threads have not always agreed (avajs/ava#3159): one process a
  // file. Worker threads have a test of their own (test/process/workers.test.ts).
  workerThreads: false,
  concurrency: 2,
  timeout: '3m'
}
