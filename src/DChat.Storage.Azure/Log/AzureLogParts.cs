using Azure.Storage.Blobs;
using DChat.Core.Shards;
using Microsoft.Extensions.Logging;

namespace DChat.Storage.Azure.Log;

/// <summary>What the writers of one log share, and the segments beside it.</summary>
internal sealed record AzureLogParts(
    LogId Id,
    AzureShardLogOptions Options,
    BlobContainerClient Container,
    BlobCalls Calls,
    LogBlobs Blobs,
    BlockAppender Appender,
    BlobTaker Taker,
    EnvelopeReader Reader,
    LogHealth Health,
    AzureShardLogInstruments Instruments,
    TimeProvider Time,
    ILogger Logger,
    CancellationToken Stop);
