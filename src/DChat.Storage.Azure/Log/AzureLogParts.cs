using DChat.Core.Shards;
using Microsoft.Extensions.Logging;

namespace DChat.Storage.Azure.Log;

/// <summary>What the writers of one log share.</summary>
internal sealed record AzureLogParts(
    LogId Id,
    AzureShardLogOptions Options,
    LogBlobs Blobs,
    BlockAppender Appender,
    BlobTaker Taker,
    EnvelopeReader Reader,
    LogHealth Health,
    AzureShardLogInstruments Instruments,
    TimeProvider Time,
    ILogger Logger,
    CancellationToken Stop);
