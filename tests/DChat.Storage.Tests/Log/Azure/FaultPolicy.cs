using System.Collections.Concurrent;
using System.Globalization;
using Azure.Core;
using Azure.Core.Pipeline;

namespace DChat.Storage.Tests.Log.Azure;

/// <summary>
/// Stands between a log and its storage. Does what a test says with each request, and is stricter than the emulator: an append without a
/// position, or beyond what Azure takes in a block, fails the test, as does a blob that is made without a condition.
/// </summary>
internal sealed class FaultPolicy : HttpPipelinePolicy
{
    private const long MaxBlockBytes = 4 << 20;

    private readonly ConcurrentQueue<BlobCall> _calls = [];

    /// <summary>What happens to a request; null: it is sent and answered.</summary>
    public Func<BlobCall, Trouble?> On { get; set; } = _ => null;

    /// <summary>Runs before a request is sent.</summary>
    public Func<BlobCall, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>Every request so far.</summary>
    public IReadOnlyCollection<BlobCall> Calls => _calls;

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        throw new NotSupportedException("Nothing blocks.");

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var call = BlobCall.Of(message.Request);
        RequireStrict(call);
        _calls.Enqueue(call);
        await Before(call);
        var trouble = On(call);
        if (trouble is null or { IsDone: true })
        {
            await ProcessNextAsync(message, pipeline);
        }

        switch (trouble)
        {
            case { Status: { } status }:
                message.Response = new MadeUpResponse(status, trouble.RetryAfter?.ToString(CultureInfo.InvariantCulture) ?? "") { ClientRequestId = message.Request.ClientRequestId };
                break;
            case { Hangs: true }:
                trouble.Hanging.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, message.CancellationToken);
                break;
            case not null:
                throw new IOException("The connection was lost.");
        }
    }

    private static void RequireStrict(BlobCall call)
    {
        if (call.Kind == BlobCallKind.Append && (call.Position is null || call.Body.Length is 0 or > (int)MaxBlockBytes))
        {
            throw new InvalidOperationException($"An append of {call.Body.Length} bytes at {call.Position}: Azure would take it anywhere, or not at all.");
        }
    }
}

/// <summary>What happens to a request.</summary>
internal sealed record Trouble
{
    /// <summary>It never arrives.</summary>
    public static Trouble RequestLost { get; } = new();

    /// <summary>It is done, and nobody hears of it.</summary>
    public static Trouble AnswerLost { get; } = new() { IsDone = true };

    public bool IsDone { get; init; }

    public bool Hangs { get; init; }

    public int? Status { get; init; }

    public int? RetryAfter { get; init; }

    /// <summary>Completes when the request hangs.</summary>
    public TaskCompletionSource Hanging { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>It is answered so, and not done.</summary>
    public static Trouble Answered(int status, int? retryAfter = null) => new() { Status = status, RetryAfter = retryAfter };
}
