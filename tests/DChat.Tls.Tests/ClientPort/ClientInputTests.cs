using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using DChat.Tls.ClientPort;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Session;

namespace DChat.Tls.Tests.ClientPort;

public sealed class ClientInputTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();
    private readonly Pipe _pipe = new();
    private readonly List<string> _refusals = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _services.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(ClientInput.MaxPreambleBytes + 1)]
    public async Task An_introduction_of_no_length_or_beyond_the_limit_is_refused_at_its_length(int length)
    {
        await SendAsync(Int32(length));

        await AssertRefusedAsync("its introduction is malformed");
    }

    [Fact]
    public async Task An_introduction_at_the_limit_is_read_once_it_is_whole()
    {
        var input = Input();
        await SendAsync([.. Int32(ClientInput.MaxPreambleBytes), .. new byte[ClientInput.MaxPreambleBytes - 1]]);
        var partial = await input.ReadAsync(Cancel);
        Assert.Equal(ClientInput.MaxPreambleBytes + 3, partial.Buffer.Length);
        input.AdvanceTo(partial.Buffer.Start, partial.Buffer.End);
        await SendAsync([0]);

        await Assert.ThrowsAsync<InvalidDataException>(() => input.ReadAsync(Cancel).AsTask());

        Assert.Equal(["its introduction is malformed"], _refusals);
    }

    [Fact]
    public async Task An_introduction_of_random_bytes_is_refused_and_nothing_else_is_thrown()
    {
        var random = new Random(20260101);
        for (var round = 0; round < 2000; round++)
        {
            var bytes = new byte[random.Next(1, 64)];
            random.NextBytes(bytes);
            var input = new ClientInput(PipeReader.Create(new ReadOnlySequence<byte>([.. Int32(bytes.Length), .. bytes])), Sessions, _refusals.Add);

            await Assert.ThrowsAsync<InvalidDataException>(() => input.ReadAsync(Cancel).AsTask());
        }

        Assert.Equal(2000, _refusals.Count);
    }

    private static byte[] Int32(int value)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }

    private SerializerSessionPool Sessions => _services.GetRequiredService<SerializerSessionPool>();

    private ClientInput Input() => new(_pipe.Reader, Sessions, _refusals.Add);

    private async Task SendAsync(byte[] bytes) => await _pipe.Writer.WriteAsync(bytes, Cancel);

    private async Task AssertRefusedAsync(string fault)
    {
        var input = Input();
        await Assert.ThrowsAsync<InvalidDataException>(() => input.ReadAsync(Cancel).AsTask());
        Assert.Equal([fault], _refusals);
    }
}
