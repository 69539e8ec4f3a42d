# cmake -DNAME=… -DOBJECT=… -DHEADER=… -P embed.cmake: a file as an array of bytes.
file(READ ${OBJECT} bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${HEADER} "static const _Alignas(8) unsigned char ${NAME}[] = {${bytes}};\n")
