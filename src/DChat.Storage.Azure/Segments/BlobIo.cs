using DChat.Storage.Azure.Log;

namespace DChat.Storage.Azure.Segments;

/// <summary>Failed requests, as what reads and writes files knows faults.</summary>
internal static class BlobIo
{
    /// <summary>The fault, with a message of one line and without what is secret.</summary>
    public static IOException Fault(Exception fault) => fault as IOException ?? new IOException(AzureLogErrors.TextOf(fault) + ".", fault);
}
