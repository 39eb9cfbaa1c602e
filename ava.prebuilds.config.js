import base from './ava.config.js'

// What is in prebuilds/, run on the machines it is for: needs scripts/prebuild/stage.ts first, so
// not part of `npm test`.
export default { ...base, files: ['test/prebuilds/*.test.ts'], concurrency: 1, timeout: '20m' }
