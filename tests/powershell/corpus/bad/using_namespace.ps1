# expect: using
using namespace System.IO
