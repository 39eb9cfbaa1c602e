/* What jdmaster.c of libjpeg-turbo may call and decoder-only.cmake leaves out: samples of more than 8
 * bits, lossless JPEGs and reduction to a palette. Each raises the library's own error, as the library
 * does where it was built without a feature. error_exit does not return. */
#define JPEG_INTERNALS
#include "jinclude.h"
#include "jpeglib.h"

#include "jerror.h"

/* The declarations are those of jpegint.h: a name that is not there, or another signature, does not
 * compile. */
#define WRONG_PRECISION(name)                              \
  GLOBAL(void) name(j_decompress_ptr cinfo) {              \
    ERREXIT1(cinfo, JERR_BAD_PRECISION, cinfo->data_precision); \
  }
#define WRONG_PRECISION_CONTROLLER(name)                                \
  GLOBAL(void) name(j_decompress_ptr cinfo, boolean need_full_buffer) { \
    (void)need_full_buffer;                                             \
    ERREXIT1(cinfo, JERR_BAD_PRECISION, cinfo->data_precision);         \
  }
#define NOT_COMPILED(name) \
  GLOBAL(void) name(j_decompress_ptr cinfo) { ERREXIT(cinfo, JERR_NOT_COMPILED); }

WRONG_PRECISION(j12init_inverse_dct)
WRONG_PRECISION(j12init_upsampler)
WRONG_PRECISION(j12init_color_deconverter)
WRONG_PRECISION(j12init_1pass_quantizer)
WRONG_PRECISION(j12init_2pass_quantizer)
WRONG_PRECISION(j12init_merged_upsampler)
WRONG_PRECISION(j12init_lossless_decompressor)
WRONG_PRECISION_CONTROLLER(j12init_d_main_controller)
WRONG_PRECISION_CONTROLLER(j12init_d_coef_controller)
WRONG_PRECISION_CONTROLLER(j12init_d_post_controller)
WRONG_PRECISION_CONTROLLER(j12init_d_diff_controller)

WRONG_PRECISION(j16init_upsampler)
WRONG_PRECISION(j16init_color_deconverter)
WRONG_PRECISION(j16init_lossless_decompressor)
WRONG_PRECISION_CONTROLLER(j16init_d_main_controller)
WRONG_PRECISION_CONTROLLER(j16init_d_post_controller)
WRONG_PRECISION_CONTROLLER(j16init_d_diff_controller)

NOT_COMPILED(jinit_1pass_quantizer)
NOT_COMPILED(jinit_2pass_quantizer)
NOT_COMPILED(jinit_lossless_decompressor)
NOT_COMPILED(jinit_lhuff_decoder)
GLOBAL(void) jinit_d_diff_controller(j_decompress_ptr cinfo, boolean need_full_buffer) {
  (void)need_full_buffer;
  ERREXIT(cinfo, JERR_NOT_COMPILED);
}
