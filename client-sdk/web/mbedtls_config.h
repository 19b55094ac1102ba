/* What of mbedTLS the engine has in it: AES-256-GCM, SHA-256 and HMAC. The browser does the TLS. */
#ifndef SAM_WEB_MBEDTLS_CONFIG_H
#define SAM_WEB_MBEDTLS_CONFIG_H

#define MBEDTLS_AES_C
#define MBEDTLS_CIPHER_C
#define MBEDTLS_GCM_C
#define MBEDTLS_MD_C
#define MBEDTLS_SHA224_C /* 2.28 and 3.6 want it beside SHA-256 */
#define MBEDTLS_SHA256_C

#endif
