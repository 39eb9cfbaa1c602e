// The one NCNN release this project is built and tested with.

export const version = '20261020'

/** The source package on the Python package index. */
export const sdist = {
  name: 'ncnn',
  version: `1.0.${version}`,
  file: `ncnn-1.0.${version}.tar.gz`,
  sha256: 'ad8cdd63e9755cfa8e23b9b6d9ce46156077d80298a89e7c3ba325ffccfca200'
}

/** The client that can download a source package without building it. */
export const unearth = 'unearth==0.19.0'

/** The release archive of the upstream project; SEESAWFACE_NCNN_URL names a mirror of it. */
export const upstream = `https://github.com/Tencent/ncnn/archive/refs/tags/${version}.tar.gz`

/**
 * Digest of the parts of the source that take part in a build (see tree.mjs). The forge packs its
 * archives anew, so their hash is not a promise; the files inside are. The digest was taken from
 * the source package above. That both routes carry the same files was checked on release 20260526,
 * the newest tag at hand then: its tag and its source package are the same, file by file, in
 * CMakeLists.txt, cmake/ and src/. The download of this release's archive could only be tested
 * against a local server.
 */
export const tree = '5b85c0c49c47146fc75cf9fa8cb22d04c97bab8b285e76a1e127168e53c4f5c2'
