import base from './ava.config.js'

// The arm64 build under emulation: needs scripts/arm/build.sh first, so not part of `npm test`.
export default { ...base, files: ['test/arm/*.test.ts'], concurrency: 1, timeout: '20m' }
