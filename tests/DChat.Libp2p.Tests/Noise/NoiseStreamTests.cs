using System.IO.Pipelines;
using DChat.Libp2p.Noise;

namespace DChat.Libp2p.Tests.Noise;

public sealed class NoiseStreamTests
{
    private static readonly byte[] Key = Enumerable.Repeat((byte)7, 32).ToArray();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 65536)]
    [InlineData(NoiseStream.MaxPlaintext, 1000)]
    [InlineData(NoiseStream.MaxPlaintext + 1, 65536)]
    [InlineData(200_000, 70_000)]
    [InlineData(NoiseStream.MaxBatch, 65536)]
    [InlineData(NoiseStream.MaxBatch + 1, NoiseStream.MaxBatch)]
    public async Task Bytes_arrive_as_they_were_whatever_the_buffer(int length, int bufferLength)
    {
        var (near, far) = Pipes.CreatePair();
        var sent = Pipes.Pattern(length);
        await using var writer = Stream(near);
        await using var reader = Stream(far);
        var write = writer.WriteAsync(sent, TestContext.Current.CancellationToken);

        var received = new byte[length];
        var buffer = new byte[bufferLength];
        for (var at = 0; at < length;)
        {
            var read = await reader.ReadAsync(buffer, TestContext.Current.CancellationToken);
            Assert.NotEqual(0, read);
            buffer.AsSpan(0, read).CopyTo(received.AsSpan(at));
            at += read;
        }

        await write;
        Assert.Equal(sent, received);
    }

    [Fact]
    public async Task A_read_of_nothing_waits_for_a_whole_message()
    {
        var (near, far) = Pipes.CreatePair();
        await using var reader = Stream(far);
        using var cipher = new NoiseCipher(Key);
        var frame = new byte[2 + 5 + NoiseCipher.TagLength];
        frame[1] = 5 + NoiseCipher.TagLength;
        cipher.Encrypt("hello"u8, frame.AsSpan(2));

        var wait = reader.ReadAsync(Memory<byte>.Empty, TestContext.Current.CancellationToken).AsTask();
        await near.Output.WriteAsync(frame.AsMemory(0, frame.Length - 1), TestContext.Current.CancellationToken);
        Assert.False(wait.IsCompleted);
        await near.Output.WriteAsync(frame.AsMemory(frame.Length - 1), TestContext.Current.CancellationToken);
        Assert.Equal(0, await wait);

        var buffer = new byte[10];
        Assert.Equal(5, await reader.ReadAsync(buffer, TestContext.Current.CancellationToken));
        Assert.Equal("hello"u8, buffer.AsSpan(0, 5));
    }

    [Fact]
    public async Task An_empty_message_is_not_the_end()
    {
        var (near, far) = Pipes.CreatePair();
        await using var reader = Stream(far);
        using var cipher = new NoiseCipher(Key);
        var frames = new byte[18 + 19];
        frames[1] = 16;
        cipher.Encrypt([], frames.AsSpan(2));
        frames[19] = 17;
        cipher.Encrypt("x"u8, frames.AsSpan(20));
        await near.Output.WriteAsync(frames, TestContext.Current.CancellationToken);

        Assert.Equal(1, await reader.ReadAsync(new byte[10], TestContext.Current.CancellationToken));
        await near.DisposeAsync();
        Assert.Equal(0, await reader.ReadAsync(new byte[10], TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("000f000000000000000000000000000000")]
    [InlineData("001000000000000000000000000000000000")]
    [InlineData("0011aa")]
    public async Task Short_forged_and_unfinished_messages_are_violations(string hex)
    {
        var (near, far) = Pipes.CreatePair();
        await using var reader = Stream(far);
        await near.Output.WriteHexAsync(hex);
        await near.DisposeAsync();

        var fault = await Assert.ThrowsAsync<Libp2pException>(() => reader.ReadAsync(new byte[10], TestContext.Current.CancellationToken).AsTask());
        Assert.Equal(Libp2pErrorCodes.ProtocolViolation, fault.Code);
    }

    [Fact]
    public async Task A_message_decrypts_wherever_it_is_cut_and_not_when_a_bit_is_flipped()
    {
        using var cipher = new NoiseCipher(Key);
        var frame = new byte[2 + 20 + NoiseCipher.TagLength];
        frame[1] = 20 + NoiseCipher.TagLength;
        cipher.Encrypt(Pipes.Pattern(20), frame.AsSpan(2));
        var buffer = new byte[40];
        for (var cut = 0; cut <= frame.Length; cut++)
        {
            await using var reader = Stream(new CutPipe(frame, cut));
            Assert.Equal(20, await reader.ReadAsync(buffer, TestContext.Current.CancellationToken));
            Assert.Equal(Pipes.Pattern(20), buffer.AsSpan(0, 20));
        }

        for (var at = 2; at < frame.Length; at++)
        {
            var forged = frame.ToArray();
            forged[at] ^= 1;
            await using var reader = Stream(new CutPipe(forged, frame.Length / 2));
            var fault = await Assert.ThrowsAsync<Libp2pException>(() => reader.ReadAsync(buffer, TestContext.Current.CancellationToken).AsTask());
            Assert.Equal(Libp2pErrorCodes.ProtocolViolation, fault.Code);
        }
    }

    [Fact]
    public async Task Writing_to_a_closed_connection_fails()
    {
        var (near, _) = Pipes.CreatePair();
        await using var writer = Stream(near);
        await near.DisposeAsync();
        await Assert.ThrowsAnyAsync<IOException>(async () => await writer.WriteAsync(new byte[1], TestContext.Current.CancellationToken));
    }

    private static NoiseStream Stream(IDuplexPipe pipe) => new(pipe, new NoiseCipher(Key), new NoiseCipher(Key));

    /// <summary>Bytes that arrive in two segments.</summary>
    private sealed class CutPipe(byte[] bytes, int cut) : IDuplexPipe
    {
        public PipeReader Input { get; } = PipeReader.Create(Sequences.Split(bytes, cut));

        public PipeWriter Output { get; } = PipeWriter.Create(System.IO.Stream.Null);
    }
}
