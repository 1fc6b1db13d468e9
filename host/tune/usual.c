/* usual.c - the problems that are tuned when none is named. */
#include "tune/tune.h"

#include "core/check.h"

static const char *const types[] = {"--type u8:s8:u8", "--type s8:s8:s8"};

static const char *const shapes[] = {
    /* squares, one row and a few, BERT's layers and attention */
    "256x256:256x256 512x512:512x512 1024x1024:1024x1024 2048x2048:2048x2048",
    "1x1024:1024x1024 1x2048:2048x1000 16x1024:1024x1024",
    "128x768:768x768 128x768:768x3072 128x3072:3072x768 12x128x64:12x64x128",
    /* ResNet's layers */
    "mb1ic3ih224oc64kh7sh2ph3 mb1ic64ih56oc64kh1 mb1ic64ih56oc256kh1 mb1ic64ih56oc64kh3ph1",
    "mb1ic512ih28oc128kh1 mb1ic128ih28oc128kh3ph1 mb1ic256ih14oc1024kh1 mb1ic256ih14oc256kh3ph1",
    "mb1ic512ih7oc2048kh1 mb1ic512ih7oc512kh3ph1",
    /* MobileNet's, depthwise */
    "g32mb1ic32ih112oc32kh3ph1 g144mb1ic144ih56oc144kh3ph1 g512mb1ic512ih14oc512kh3ph1",
};

octet_status oct_tune_usual(oct_problem_list *list)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        OCT_TRY(oct_problem_list_line(list, types[i]));
        for (size_t j = 0; j < sizeof shapes / sizeof shapes[0]; j++)
            OCT_TRY(oct_problem_list_line(list, shapes[j]));
    }
cleanup:
    return status;
}
