using System.Diagnostics.CodeAnalysis;
using DChat.Client.Devices;
using DChat.Client.Tests.Fakes;
using DChat.Core;
using DChat.Core.Keys;
using DChat.Core.Topics;

namespace DChat.Client.Tests.Devices;

public sealed class DChatHomeTests : IDisposable
{
    private static readonly AuthorKey Author = new(Bytes32.Parse(new string('a', 64)));

    private readonly string _path = Directory.CreateTempSubdirectory("dchat-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string SequencePath => Path.Combine(_path, "sequences", Author.ToString());

    public void Dispose() => Directory.Delete(_path, recursive: true);

    [Fact]
    public void A_device_is_made_once_and_found_again()
    {
        using var first = DChatHome.Open(_path);
        using var second = DChatHome.Open(_path);

        Assert.Equal(first.Device.PublicKey, second.Device.PublicKey);
        Assert.DoesNotContain(Directory.GetFiles(_path), file => file.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Openers_at_once_agree_on_one_device()
    {
        var homes = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => DChatHome.Open(_path), Token)));

        Assert.Single(homes.Select(home => home.Device.PublicKey).Distinct());
        Assert.All(homes, home => home.Dispose());
    }

    [Fact]
    [SuppressMessage("Interoperability", "CA1416", Justification = "Returns first on Windows.")]
    public async Task Files_are_their_owners_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var path = Path.Combine(_path, "home");
        using var home = DChatHome.Open(path);
        await home.Topics.AddAsync("team", Topic.CreatePrivate("dchat-test", "team"), Token);
        await home.ReserveAsync(Author, 1, Token);

        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
        Assert.All(Directory.GetFiles(path, "*", SearchOption.AllDirectories), file => Assert.Equal(OwnerOnly, File.GetUnixFileMode(file)));

        File.SetUnixFileMode(Path.Combine(path, "device.json"), OwnerOnly | UnixFileMode.OtherRead);
        Assert.Equal(DChatErrorCodes.HomeUnavailable, Assert.Throws<DChatException>(() => DChatHome.Open(path)).Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("null")]
    [InlineData("""{"version":2,"device":"","seed":""}""")]
    [InlineData("""{"version":1,"device":"00","seed":"0101010101010101010101010101010101010101010101010101010101010101"}""")]
    [InlineData("""{"version":1,"device":"00","seed":"01"}""")]
    public void A_key_file_that_is_not_ours_is_an_error_and_stays_as_it_is(string content)
    {
        var file = Path.Combine(_path, "device.json");
        WritePrivate(file, content);

        var error = Assert.Throws<DChatException>(() => DChatHome.Open(_path));

        Assert.Equal(DChatErrorCodes.HomeCorrupt, error.Code);
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(file));
    }

    [Fact]
    public void A_key_file_that_names_another_device_is_an_error()
    {
        using (DChatHome.Open(_path))
        {
        }

        var file = Path.Combine(_path, "device.json");
        var content = File.ReadAllText(file);
        var device = content.IndexOf("\"device\": \"", StringComparison.Ordinal) + "\"device\": \"".Length;
        var changed = content[device] == '0' ? '1' : '0';
        File.WriteAllText(file, string.Concat(content.AsSpan(0, device), [changed], content.AsSpan(device + 1)));

        Assert.Equal(DChatErrorCodes.HomeCorrupt, Assert.Throws<DChatException>(() => DChatHome.Open(_path)).Code);
    }

    [Fact]
    public void A_home_that_is_a_file_is_an_error()
    {
        var file = Path.Combine(_path, "file");
        File.WriteAllText(file, "");

        Assert.Equal(DChatErrorCodes.HomeUnavailable, Assert.Throws<DChatException>(() => DChatHome.Open(file)).Code);
    }

    [Fact]
    public async Task Sequences_are_not_reused_after_a_crash()
    {
        using (var home = DChatHome.Open(_path))
        {
            Assert.Equal(1UL, await home.ReserveAsync(Author, 4, Token));
        }

        using var reopened = DChatHome.Open(_path);
        Assert.Equal(5UL, await reopened.ReserveAsync(Author, 1, Token));
    }

    [Fact]
    public async Task Two_stores_that_send_at_once_never_reserve_the_same_sequence()
    {
        using var one = DChatHome.Open(_path);
        using var other = DChatHome.Open(_path);

        var firsts = await Task.WhenAll(Enumerable.Range(0, 60).Select(i =>
            Task.Run(() => (i % 2 == 0 ? one : other).ReserveAsync(Author, 3, Token).AsTask(), Token)));

        Assert.Equal(Enumerable.Range(0, 60).Select(i => (ulong)(3 * i) + 1), firsts.Order());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(IDeviceStore.MaxReservation)]
    public async Task A_reservation_takes_up_to_its_limit(int count)
    {
        using var home = DChatHome.Open(_path);

        Assert.Equal(1UL, await home.ReserveAsync(Author, count, Token));
        Assert.Equal((ulong)count + 1, await home.ReserveAsync(Author, 1, Token));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(IDeviceStore.MaxReservation + 1)]
    public async Task A_reservation_beyond_its_limits_is_refused(int count)
    {
        using var home = DChatHome.Open(_path);
        using var memory = new InMemoryDeviceStore();

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => home.ReserveAsync(Author, count, Token).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => memory.ReserveAsync(Author, count, Token).AsTask());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_damaged_line_of_sequences_costs_some_but_repeats_none(int line)
    {
        using var home = DChatHome.Open(_path);
        ulong used = 0;
        for (var i = 0; i < 3; i++)
        {
            used = await home.ReserveAsync(Author, IDeviceStore.MaxReservation, Token) + IDeviceStore.MaxReservation - 1;
        }

        var content = File.ReadAllBytes(SequencePath);
        content[(line * content.Length / 2) + 19] ^= 1;
        File.WriteAllBytes(SequencePath, content);

        var next = await home.ReserveAsync(Author, 1, Token);
        Assert.InRange(next, used + 1, used + IDeviceStore.MaxReservation + 1);
        Assert.Equal(next + 1, await home.ReserveAsync(Author, 1, Token));
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    public async Task A_sequence_file_that_is_not_ours_is_an_error_and_stays_as_it_is(string content)
    {
        using var home = DChatHome.Open(_path);
        Directory.CreateDirectory(Path.GetDirectoryName(SequencePath)!);
        WritePrivate(SequencePath, content);

        var error = await Assert.ThrowsAsync<DChatException>(() => home.ReserveAsync(Author, 1, Token).AsTask());

        Assert.Equal(DChatErrorCodes.HomeCorrupt, error.Code);
        Assert.Equal(content, File.ReadAllText(SequencePath));
    }

    [Fact]
    public async Task A_sequence_file_of_another_author_is_an_error()
    {
        using var home = DChatHome.Open(_path);
        await home.ReserveAsync(Author, 1, Token);
        var other = new AuthorKey(Bytes32.Parse(new string('b', 64)));
        File.Copy(SequencePath, Path.Combine(_path, "sequences", other.ToString()));

        Assert.Equal(
            DChatErrorCodes.HomeCorrupt,
            (await Assert.ThrowsAsync<DChatException>(() => home.ReserveAsync(other, 1, Token).AsTask())).Code);
    }

    [Fact]
    public async Task A_lock_that_is_not_released_is_a_transient_error()
    {
        var time = FakeTime.Create();
        using var home = DChatHome.Open(_path, time);
        using var holder = new FileStream(Path.Combine(_path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

        var reserving = home.ReserveAsync(Author, 1, Token).AsTask();
        var error = await Assert.ThrowsAsync<DChatException>(() => time.UntilAsync(reserving, TimeSpan.FromSeconds(1)));

        Assert.Equal(DChatErrorCodes.HomeLocked, error.Code);
        Assert.True(error.IsTransient);
    }

    [Theory]
    [InlineData("[]", "it is JSON, but not what this program writes")]
    [InlineData("{\"version\":\"one\"}", "it is JSON, but not what this program writes")]
    [InlineData("{\"version\":1", "it is not JSON")]
    [InlineData("", "it is not JSON")]
    public void A_file_that_is_not_ours_is_called_what_it_is(string content, string expected)
    {
        WritePrivate(Path.Combine(_path, "device.json"), content);

        var error = Assert.Throws<DChatException>(() => DChatHome.Open(_path));

        Assert.Equal(DChatErrorCodes.HomeCorrupt, error.Code);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lock_that_cannot_be_opened_is_not_taken_for_another_process()
    {
        using var home = DChatHome.Open(_path);
        File.Delete(Path.Combine(_path, "lock"));
        Directory.CreateDirectory(Path.Combine(_path, "lock"));

        var error = await Assert.ThrowsAsync<DChatException>(() => home.ReserveAsync(Author, 1, Token).AsTask());

        Assert.Equal(DChatErrorCodes.HomeUnavailable, error.Code);
        Assert.False(error.IsTransient);
    }

    private static void WritePrivate(string file, string content)
    {
        File.WriteAllText(file, content);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }
}
