const keys = `
The key of GALLERY is read from GALLERY.key unless one of these is given:

  --key-file FILE    64 hexadecimal digits, readable only by you
  --key-env NAME     the same in an environment variable
  --passphrase       ask for a passphrase; if standard input is not a terminal, read its first line
  --no-key           the gallery is not encrypted
  --json             print JSON`

export const galleryHelp = `seesawface gallery COMMAND GALLERY … [options]

People in one encrypted file, and who of them a face is. WHO is a name or an id.

  create GALLERY               make an empty gallery, and its key in GALLERY.key
  enroll GALLERY NAME PHOTO…   add a person; --add: add photos to a person
  import GALLERY FOLDER        enrol everybody of FOLDER/PERSON/PHOTO; if stopped, run it again
  import GALLERY FILE          take in an export
  identify GALLERY PHOTO…      who is it? Exit code 0: known, 1: a stranger, 2: error
  list GALLERY                 everybody
  show GALLERY WHO             a person and their photos
  rename GALLERY WHO NAME      change a name
  merge GALLERY INTO FROM      give the photos of FROM to INTO and remove FROM
  remove GALLERY WHO           erase a person; --photo ID: erase one photo
  export GALLERY FILE          write everybody into an encrypted file with a key of its own
  backup GALLERY FILE          copy the gallery while it is in use
  check GALLERY                read and verify everything. Exit code 0: fine, 1: damaged
  rekey GALLERY                change the key
  upgrade GALLERY              change the model, if crops were kept

  --details JSON     enroll: data to keep with the person
  --min-quality Q    enroll, import, identify: reject faces of lower quality, 0 to 1
  --strict           enroll, import: treat warnings (photos that disagree, look-alikes) as errors
  --keep-crops       enroll, import: keep aligned faces, encrypted, for a change of model
  --on-conflict HOW  import of an export: refuse (default), skip or replace people with the same name
  --fpir RATE        identify: share of strangers that may be taken for somebody (default 0.01)
  --top N            identify: candidates to show (default 1)
  --archive-key-file FILE, --archive-key-env NAME, --archive-passphrase, --no-archive-key
                     export, import: the key of the export (default: FILE.key)
  --new-key-file FILE, --new-key-env NAME, --new-passphrase, --no-new-key
                     rekey: the new key (default: GALLERY.new-key)
${keys}`
