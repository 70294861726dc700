namespace DChat.Storage.Tests.State;

internal enum RecordOperation
{
    Read,
    Write,
    Clear,
}
