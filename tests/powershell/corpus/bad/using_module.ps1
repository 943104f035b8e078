# expect: using
using module Some
