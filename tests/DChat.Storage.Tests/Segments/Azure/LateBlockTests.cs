using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using DChat.Storage.Azure.Log;
using DChat.Storage.Azure.Segments;
using DChat.Storage.Files;
using DChat.Storage.Tests.Log.Azure;
using Microsoft.Extensions.Time.Testing;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Segments.Azure;

/// <summary>A block that was given up, by a transport that does not listen and sends it when the next is on its way.</summary>
public sealed class LateBlockTests(AzuriteServer server)
{
    [Fact]
    public async Task A_block_that_is_sent_late_is_still_what_it_was()
    {
        var container = server.NewContainer();
        await container.Client.CreateAsync(cancellationToken: Token);
        var (time, late) = (new FakeTimeProvider(), new LateBlock());
        var options = container.Options(options => options.Pause = TimeSpan.Zero);
        var client = new BlobClientOptions { Retry = { MaxRetries = 0 } };
        client.AddPolicy(late, HttpPipelinePosition.PerRetry);
        var blobs = new SegmentBlobs(
            new BlobContainerClient(server.Azurite.ConnectionString, options.Container, client), new BlobCalls(options, time), new BlobCache(0));
        var bytes = new byte[SegmentBlobs.PieceBytes + 100];
        new Random(1).NextBytes(bytes);

        var sending = blobs.UploadAsync("long", new Draft(bytes), Token);
        await late.GivenUp.Task.WaitAsync(Token);
        time.Advance(options.AttemptTimeout);
        await sending;

        Assert.Equal(bytes, await container.ReadAsync("long"));
        Assert.Equal(bytes[..SegmentBlobs.PieceBytes], late.Sent);
    }

    private sealed class Draft(byte[] bytes) : IReadFile
    {
        public long Length => bytes.Length;

        public int Read(Span<byte> destination, long offset)
        {
            var rest = bytes.AsSpan((int)offset);
            rest[..Math.Min(rest.Length, destination.Length)].CopyTo(destination);
            return Math.Min(rest.Length, destination.Length);
        }
    }

    private sealed class LateBlock : HttpPipelinePolicy
    {
        private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _blocks;

        public TaskCompletionSource GivenUp { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public byte[] Sent { get; private set; } = [];

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException("Nothing blocks.");

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            // The first is given up, the second is the same once more, and by the third the late one is sent.
            var number = BlobCall.Of(message.Request).Kind == BlobCallKind.Block ? Interlocked.Increment(ref _blocks) : 0;
            if (number == 1)
            {
                GivenUp.SetResult();
                await _goOn.Task;
                Sent = BlobCall.Of(message.Request).Body;
                _sent.SetResult();
                throw new IOException("The connection was lost.");
            }

            if (number == 3)
            {
                _goOn.SetResult();
                await _sent.Task;
            }

            await ProcessNextAsync(message, pipeline);
        }
    }
}
