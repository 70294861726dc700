using DChat.Client.Devices;
using DChat.Core;

namespace DChat.Client.Tests.Devices;

public sealed class HomeDirectoryTests : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("dchat-").FullName;
    private readonly List<string> _synced = [];

    public void Dispose() => Directory.Delete(_path, recursive: true);

    [Fact]
    public void A_file_is_in_place_when_its_directory_is_synced_and_the_directory_is_synced_before_the_write_returns()
    {
        var present = new List<bool>();
        var home = new HomeDirectory(_path, TimeProvider.System, directory =>
        {
            _synced.Add(directory);
            present.Add(File.Exists(Path.Combine(_path, "device.json")));
        });

        home.Write("device.json", "first"u8);
        home.Write("device.json", "second"u8);

        Assert.Equal([_path, _path], _synced);
        Assert.Equal([true, true], present);
    }

    [Fact]
    public void A_new_folder_is_durable_in_the_one_that_holds_it_and_an_old_one_costs_nothing()
    {
        var home = new HomeDirectory(Path.Combine(_path, "home"), TimeProvider.System, _synced.Add);
        home.CreateFolder("sequences");
        home.CreateFolder("sequences");
        home.Write("sequences/a", "1"u8);

        Assert.Equal([_path, home.Root, Path.Combine(home.Root, "sequences")], _synced);
    }

    [Fact]
    public void A_directory_that_cannot_be_synced_fails_the_write()
    {
        var fails = false;
        var home = new HomeDirectory(_path, TimeProvider.System, _ =>
        {
            if (fails)
            {
                throw new IOException("The disk is gone.");
            }
        });
        fails = true;

        var error = Assert.Throws<DChatException>(() => home.Write("device.json", "first"u8));

        Assert.Equal("home-unavailable", error.Code);
        Assert.Contains("The disk is gone.", error.Message, StringComparison.Ordinal);
    }
}
