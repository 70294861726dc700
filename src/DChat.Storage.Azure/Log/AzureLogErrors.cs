using Azure;
using DChat.Core;

namespace DChat.Storage.Azure.Log;

/// <summary>The faults of the log in Azure Storage, each with its code.</summary>
internal static class AzureLogErrors
{
    public static DChatException Corrupt(string blob, long offset, string what, Exception? inner = null) =>
        new("log-corrupt", $"{blob} is damaged at offset {offset}: {what}.", inner: inner);

    public static DChatException Mismatch(string blob, string what) => new("log-mismatch", $"{blob} {what}.");

    public static DChatException Unreachable(string address, Exception fault) => new(
        "log-unreachable", $"The log at {address} cannot be used: {TextOf(fault)}.", isTransient: true, fault);

    public static DChatException Contended(string address, int attempts) => new(
        "log-unreachable", $"The log at {address} was taken by another writer at each of {attempts} attempts to open it.", isTransient: true);

    public static DChatException Unreadable(string blob, long offset, Exception fault) => new(
        "log-unreadable", $"Reading {blob} at offset {offset} failed: {TextOf(fault)}.", isTransient: true, fault);

    public static DChatException Released(string blob) => new(
        "log-unreadable", $"{blob} was released while the log was read.", isTransient: true);

    public static DChatException Closed() => new("log-failed", "The log is closed.", isTransient: true);

    /// <summary>What happened, in one line and without what is secret.</summary>
    public static string TextOf(Exception fault) => fault switch
    {
        RequestFailedException { Status: not 0, ErrorCode: { } code } refused => $"HTTP status {refused.Status} ({code})",
        RequestFailedException { Status: not 0 } refused => $"HTTP status {refused.Status}",
        AggregateException { InnerExceptions: [.., var last] } => TextOf(last),
        RequestFailedException { InnerException: { } inner } => TextOf(inner),
        _ => fault.Message.Split('\n')[0].Trim().TrimEnd('.'),
    };
}
