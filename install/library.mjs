// What the tool has to know of a library: one file each, all else is shared.
import { jpeg } from './jpeg.mjs'
import { ncnn } from './ncnn.mjs'

/**
 * @typedef {object} Wish what the caller of the tool asks for
 * @property {'auto' | 'index' | 'upstream' | 'folder'} route
 * @property {string} [folder] with the route folder: a source tree of the user's
 * @property {boolean} [vulkan] for GPUs (NCNN)
 * @property {string} [cc]
 * @property {string} [cxx]
 * @property {string} [toolchain]
 * @property {string} [flags] more of the compiler's for this library alone
 */

/**
 * @typedef {object} Plan what a wish comes to with the tools at hand
 * @property {string[]} options arguments of cmake that do not depend on where things lie: part of
 *   the cache's key
 * @property {string} kept what else makes another library: part of the cache's key
 * @property {string[]} [flags] of the compiler, part of the cache's key
 * @property {string[]} parts of the source that take part in the build
 * @property {(source: string) => Promise<string[]>} [configure] more arguments of cmake, which
 *   follow from the source
 * @property {string[]} [components] what is installed; everything, when it is left out
 */

/**
 * @typedef {object} Library
 * @property {string} name in the cache and in messages
 * @property {string} title for people
 * @property {string} version
 * @property {string} variable of the environment that chooses the source; with _URL, a mirror of
 *   the upstream archive
 * @property {{name: string, version: string, file: string, sha256: string, folder: string}} sdist
 *   the source package on the Python package index, and where in it the source lies
 * @property {string} [optional] how to do without it, for people
 * @property {string} upstream the archive of the project itself
 * @property {string[]} parts of the source that take part in the ordinary build
 * @property {string} tree digest of those (see tree.mjs). A forge may pack its archives anew, so
 *   that their hash is no promise; the files inside are.
 * @property {{package: string, prefixOf: (found: string) => string, missing: string}} [system]
 *   how cmake finds it on the machine; without it, cmake/NAME.cmake looks for itself
 * @property {{files: string[], named: string}} prefix by which an installation is known
 * @property {string} source by which a source tree is known
 * @property {(wish: Wish, tools: {identity: string}) => Promise<Plan>} plan
 * @property {(route: string, wish: Wish) => string[]} routes to try, in order
 */

/** @type {Readonly<Record<string, Library>>} */
export const libraries = { ncnn, jpeg }
