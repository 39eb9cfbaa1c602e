import { fileURLToPath } from 'node:url'

// This module is one folder below the package's root both as source (lib/) and bundled (dist/).
export const packageRoot = fileURLToPath(new URL('..', import.meta.url))

/** Where the models that come with the package are. */
export const bundledModelDir = fileURLToPath(new URL('../models', import.meta.url))
