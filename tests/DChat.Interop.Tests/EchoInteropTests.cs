using DChat.Interop.Tests.Js;

namespace DChat.Interop.Tests;

public sealed class EchoInteropTests
{
    private const int Mebibyte = 1024 * 1024;

    [Theory]
    [InlineData(Side.CSharp, Side.CSharp)]
    [InlineData(Side.CSharp, Side.Js)]
    [InlineData(Side.Js, Side.CSharp)]
    [InlineData(Side.Js, Side.Js)]
    public async Task A_mebibyte_comes_back_as_it_went(Side dialer, Side opener)
    {
        await using var pair = await Pair.ConnectAsync(dialer);
        (await pair.ExchangeAsync(opener, Mebibyte)).AssertComplete(Mebibyte);
    }

    [Theory]
    [InlineData(Side.CSharp, Side.CSharp)]
    [InlineData(Side.CSharp, Side.Js)]
    [InlineData(Side.Js, Side.CSharp)]
    [InlineData(Side.Js, Side.Js)]
    public async Task Sixty_four_mebibytes_come_back_across_many_windows(Side dialer, Side opener)
    {
        await using var pair = await Pair.ConnectAsync(dialer);
        (await pair.ExchangeAsync(opener, 64 * Mebibyte)).AssertComplete(64 * Mebibyte);
        Assert.Empty(pair.Js.Events("connection-close"));
    }

    [Theory]
    [InlineData(Side.CSharp)]
    [InlineData(Side.Js)]
    public async Task Two_hundred_streams_of_ours_are_open_at_once_and_none_mixes_with_another(Side dialer)
    {
        const int Streams = 200;
        await using var pair = await Pair.ConnectAsync(dialer);
        pair.Host.SetStreamHandler(JsPeer.ManualProtocol, (_, _) => Task.CompletedTask, Pair.ManyStreams);
        var streams = await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => pair.OpenAsync(JsPeer.ManualProtocol)));
        await pair.Js.EventAsync("stream", count: Streams);
        Assert.InRange(pair.Connection.StreamCount, Streams, Streams + 4);

        // Js counts the streams it accepts in the order in which they came, so each says who it is.
        await Task.WhenAll(streams.Select(async (stream, i) =>
        {
            await stream.WriteTextAsync($"{i:D3}");
            await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
        }));
        var names = await Task.WhenAll(Enumerable.Range(1, Streams).Select(async count =>
        {
            var js = await pair.Js.AcceptAsync(count);
            var name = await js.ReadToEndAsync();
            await js.WriteAsync($"hello {name}");
            await js.CloseWriteAsync();
            return name;
        }));
        Assert.Equal(Enumerable.Range(0, Streams).Select(i => $"{i:D3}"), names.Order(StringComparer.Ordinal));
        Assert.Equal(Enumerable.Range(0, Streams).Select(i => $"hello {i:D3}"), await Task.WhenAll(streams.Select(s => s.ReadTextToEndAsync())));
    }

    [Theory]
    [InlineData(Side.CSharp)]
    [InlineData(Side.Js)]
    public async Task Two_hundred_streams_of_js_are_echoed_at_once(Side dialer)
    {
        const int Streams = 200;
        const int Length = 10_000;
        await using var pair = await Pair.ConnectAsync(dialer);
        var exchanges = await pair.Js.ExchangeAsync(pair.Host.LocalPeer, Length, Streams);

        Assert.Equal(Streams, exchanges.Count);
        Assert.All(exchanges, exchange => exchange.AssertComplete(Length));
    }
}
