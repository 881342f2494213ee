using DaxEmu.Contract;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Device;
using Xunit;

namespace DaxEmu.Daemon.Tests;

/// <summary>The configuration, as files, environment and options give it.</summary>
public sealed class OptionsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Theory]
    [InlineData("""{ "Sockets": { "Directory": "run" } }""", """Sockets:Directory: "run" is not an absolute path""")]
    [InlineData("""{ "Device": { "Name": "a/b" } }""", """Device:Name: "a/b" cannot be a file name below /sys/class/infiniband: leave out '/' and blanks""")]
    [InlineData("""{ "Device": { "Name": "rxe 0" } }""", """Device:Name: "rxe 0" cannot be a file name""")]
    [InlineData("""{ "Device": { "Name": ".." } }""", """Device:Name: ".." cannot be a file name""")]
    [InlineData("""{ "Device": { "Name": "x2345678901234567890123456789012345678901234567890123456789012y4" } }""", """Device:Name: "x2345678901234567890123456789012345678901234567890123456789012y4" is longer than the 63 bytes""")]
    [InlineData("""{ "Device": { "Name": "rxe0" }, "Devices": [ { "Name": "rxe1" } ] }""", """Device:Name: "rxe0" names the only device, but Devices lists 1: give the name there""")]
    [InlineData("""{ "Devices": "rxe0" }""", """Devices: "rxe0" is not a list""")]
    [InlineData("""{ "Devices": [ { "Ports": 1 } ] }""", "Devices:0:Name: missing: give the device's name, such as rxe0 or mlx5_0")]
    [InlineData("""{ "Devices": [ { "Name": "a" }, { "Name": "a" } ] }""", """Devices:1:Name: "a" is already the name of Devices:0""")]
    [InlineData("""{ "Devices": [ { "Name": "a", "Ports": 0 } ] }""", """Devices:0:Ports: "0" is neither a number of ports from 1 to 32 nor a list of at least one port""")]
    [InlineData("""{ "Devices": [ { "Name": "a", "Ports": [] } ] }""", """Devices:0:Ports: "" is neither a number of ports from 1 to 32 nor a list of at least one port""")]
    [InlineData("""{ "Devices": [ { "Name": "a", "Ports": 33 } ] }""", """Devices:0:Ports: "33" is neither a number""")]
    [InlineData("""{ "Devices": [ { "Name": "a", "Ports": [ { "Addresses": [ "10.0.0.256" ] } ] } ] }""", """Devices:0:Ports:0:Addresses:0: "10.0.0.256" is no IPv4 or IPv6 address of one host""")]
    [InlineData("""{ "Devices": [ { "Name": "a", "Ports": [ { "Addresses": [ "1" ] } ] } ] }""", """Devices:0:Ports:0:Addresses:0: "1" is no IPv4 or IPv6 address""")]
    [InlineData("""{ "Devices": [ { "Name": "a", "Ports": [ { "Addresses": [ "::" ] } ] } ] }""", """Devices:0:Ports:0:Addresses:0: "::" is no IPv4 or IPv6 address of one host""")]
    [InlineData("""{ "Devices": [ { "Name": "a", "Ports": [ { "Addresses": [ "224.0.0.1" ] } ] } ] }""", """Devices:0:Ports:0:Addresses:0: "224.0.0.1" is no IPv4""")]
    [InlineData("""{ "Devices": [ { "Name": "a", "Ports": [ { "Addresses": [ "fe80::1%lo" ] } ] } ] }""", """Devices:0:Ports:0:Addresses:0: "fe80::1%lo" is no IPv4""")]
    [InlineData("""{ "Devices": [ { "Name": "a", "Ports": [ { "Addresses": [ "10.0.0.1", "::ffff:10.0.0.1" ] } ] } ] }""", """Devices:0:Ports:0:Addresses:1: "::ffff:10.0.0.1" is in the list already""")]
    [InlineData("""{ "Devices": [ { "Name": "a", "Ports": [ { "NetworkInterface": "eth0/1" } ] } ] }""", """Devices:0:Ports:0:NetworkInterface: "eth0/1" is no name of a network interface""")]
    [InlineData("""{ "Devices": [ { "Name": "a", "Ports": [ { "State": "up" } ] } ] }""", """Devices:0:Ports:0:State: "up" is not one of: active, down""")]
    [InlineData("""{ "Devices": [ { "Name": "a", "NodeGuid": "12:34" } ] }""", """Devices:0:NodeGuid: "12:34" is not 16 hexadecimal digits""")]
    [InlineData("""{ "Devices": [ { "Name": "a", "NodeGuid": "0000000000000001" }, { "Name": "b", "NodeGuid": "0000:0000:0000:0001" } ] }""", """Devices:1:NodeGuid: "0000:0000:0000:0001" is already the GUID of Devices:0""")]
    [InlineData("""{ "Devices": [ { "Name": "a", "VendorPartId": "0x1017" } ] }""", """Devices:0:VendorPartId: "0x1017" is not a whole number from 0 to""")]
    [InlineData("""{ "Devices": [ { "Name": "a", "GidTableLength": 5, "Ports": [ { "Addresses": [ "10.0.0.1", "10.0.0.2" ] } ] } ] }""", """Devices:0:GidTableLength: "5" is not a whole number from 6 to 256""")]
    [InlineData("""{ "Contract": { "Policy": "allow" } }""", """Contract:Policy: "allow" is not one of: deny, ignore""")]
    [InlineData("""{ "Admission": { "Holes": "fill" } }""", """Admission:Holes: "fill" is not one of: allow, allocate, refuse""")]
    [InlineData("""{ "Device": { "LockedMemory": "no" } }""", """Device:LockedMemory: "no" is not one of: enforce, ignore""")]
    [InlineData("""{ "Engine": { "Workers": 0 } }""", """Engine:Workers: "0" is not a whole number from 1 to 64""")]
    [InlineData("""{ "Engine": { "Workers": "two" } }""", """Engine:Workers: "two" is not a whole number from 1 to 64""")]
    [InlineData("""{ "Engine": { "SpinMicroseconds": -1 } }""", """Engine:SpinMicroseconds: "-1" is not a whole number from 0 to 1000000""")]
    [InlineData("""{ "Journal": { "Capacity": 1 } }""", """Journal:Capacity: "1" is not a whole number from 16 to 1000000""")]
    [InlineData("""{ "Volumes": "/data" }""", """Volumes: "/data" is not a list""")]
    [InlineData("""{ "Volumes": [ { "Mount": "/tmp" } ] }""", "Volumes:0:Backing: missing: give the directory to guard")]
    [InlineData("""{ "Volumes": [ { "Backing": "/tmp", "Mount": "/no/such" } ] }""", """Volumes:0:Mount: "/no/such" does not exist""")]
    [InlineData("""{ "Volumes": [ { "Backing": "/etc/passwd", "Mount": "/tmp" } ] }""", """Volumes:0:Backing: "/etc/passwd" is not a directory""")]
    [InlineData("""{ "Volumes": [ { "Backing": "/usr", "Mount": "/usr/bin" } ] }""", """Volumes:0:Mount: "/usr/bin" and Volumes:0:Backing "/usr" lie one inside the other""")]
    [InlineData("""{ "Volumes": [ { "Backing": "/usr", "Mount": "/tmp", "Policy": "no" } ] }""", """Volumes:0:Policy: "no" is not one of: deny, ignore""")]
    [InlineData("""{ "Volumes": [ { "Backing": "/usr", "Mount": "/tmp", "Passthrough": "on" } ] }""", """Volumes:0:Passthrough: "on" is not one of: auto, off""")]
    [InlineData("""{ "Volumes": [ { "Backing": "/usr", "Guard": "lock" } ] }""", """Volumes:0:Guard: "lock" is not one of: auto, fuse, fanotify, preload, none""")]
    [InlineData("""{ "Volumes": [ { "Backing": "/usr", "Guard": "fuse" } ] }""", """Volumes:0:Guard: "fuse" needs Volumes:0:Mount""")]
    [InlineData("""{ "Volumes": [ { "Backing": "/usr", "Mount": "/tmp", "Guard": "fanotify" } ] }""", """Volumes:0:Guard: "fanotify" leaves the files where they are""")]
    [InlineData("""{ "Volumes": [ { "Backing": "/usr", "Mount": "/tmp", "Guard": "preload" } ] }""", """Volumes:0:Guard: "preload" leaves the files where they are""")]
    [InlineData("""{ "Volumes": [ { "Backing": "/usr", "Unreadable": "no" } ] }""", """Volumes:0:Unreadable: "no" is not one of: strict, trusting""")]
    [InlineData("""{ "Volumes": [ { "Backing": "/usr", "Guard": "preload", "Unreadable": "strict" } ] }""", """Volumes:0:Unreadable: "strict" is for the fanotify guard""")]
    [InlineData("""{ "Volumes": [ { "Backing": "/usr", "Passthrough": "off" } ] }""", """Volumes:0:Passthrough: "off" is of a mounted volume""")]
    [InlineData("""{ "Volumes": [ { "Backing": "/usr" }, { "Backing": "/usr/bin" } ] }""", """Volumes:1:Backing: "/usr/bin" and the directories of Volumes:0 lie one inside the other""")]
    [InlineData("""{ "Volumes": [ { "Backing": "/usr", "Mount": "/tmp" }, { "Backing": "/tmp" } ] }""", """Volumes:1:Backing: "/tmp" and the directories of Volumes:0 lie one inside the other""")]
    public void A_bad_value_is_refused_by_key_value_and_what_is_allowed(string json, string expected)
    {
        string file = _directory.Write("daxemu.json", json);

        ConfigurationException refusal = Assert.Throws<ConfigurationException>(() => Read(file));

        string problem = Assert.Single(refusal.Problems);
        Assert.StartsWith(expected, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "Engine": { "Worker": 2 } }""", "Engine:Worker", "Engine:Workers")]
    [InlineData("""{ "Polcy": "deny" }""", "Polcy", "Contract:Policy")]
    [InlineData("""{ "Volumes": [ { "Backing": "/usr", "Mount": "/tmp", "Mnt": "/x" } ] }""", "Volumes:0:Mnt", "Volumes:0:Mount")]
    [InlineData("""{ "Devices": [ { "Name": "a", "VendorPart": 1 } ] }""", "Devices:0:VendorPart", "Devices:0:VendorPartId")]
    [InlineData("""{ "Devices": [ { "Name": "a", "Ports": [ { "Adresses": [ "10.0.0.1" ] } ] } ] }""", "Devices:0:Ports:0:Adresses:0", "Devices:0:Ports:0:Addresses")]
    public void An_unknown_key_is_refused_with_the_nearest_one(string json, string unknown, string nearest)
    {
        string file = _directory.Write("daxemu.json", json);

        ConfigurationException refusal = Assert.Throws<ConfigurationException>(() => Read(file));

        Assert.Equal([$"{unknown}: unknown key (set by {file}); the nearest is {nearest}"], refusal.Problems);
    }

    [Fact]
    public void All_problems_are_listed_at_once()
    {
        string file = _directory.Write("daxemu.json", """{ "Engine": { "Workers": 0, "Spin": 1 }, "Journal": { "Capacity": 0 } }""");

        Assert.Equal(3, Assert.Throws<ConfigurationException>(() => Read(file)).Problems.Count);
    }

    [Theory]
    [InlineData("{\n  \"Engine\": {\n    \"Workers\": }\n}", "line 3, column 16:")]
    [InlineData("{ \"Engine\": ", "line 1, column 13:")]
    [InlineData("{ \"Engine\": {}, \"Engine\": {} }", "Duplicate property 'Engine'")]
    [InlineData("[]", "the file must hold one JSON object, not a Array")]
    public void A_file_that_is_not_JSON_is_refused_with_line_and_column(string text, string expected)
    {
        string file = _directory.Write("daxemu.json", text);

        ConfigurationException refusal = Assert.Throws<ConfigurationException>(() => Read(file));

        Assert.StartsWith($"{file}: {expected}", Assert.Single(refusal.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void A_named_file_that_is_not_there_is_refused()
    {
        Assert.Throws<ConfigurationException>(() => Read(Path.Combine(_directory.Path, "absent.json")));
    }

    [Fact]
    public void Comments_and_trailing_commas_are_allowed()
    {
        string file = _directory.Write("daxemu.json", "{ // threads\n \"Engine\": { \"Workers\": 3, }, }");

        Assert.Equal(3, Read(file).Engine.Workers);
    }

    [Fact]
    public void The_environment_wins_over_the_file_and_the_command_line_over_both()
    {
        string file = _directory.Write("daxemu.json", """{ "Contract": { "Policy": "deny" }, "Engine": { "Workers": 2, "SpinMicroseconds": 7 } }""");
        Environment.SetEnvironmentVariable("DAXEMU__ENGINE__WORKERS", "3");
        try
        {
            DaxEmuOptions options = Read(file, new CommandLineSettings { Policy = "ignore" });

            Assert.Equal((3, 7, Policy.Ignore), (options.Engine.Workers, options.Engine.SpinMicroseconds, options.Contract.Policy));
            Assert.Equal("Contract:Policy (command line)", options.Contract.PolicySetAt);
        }
        finally
        {
            Environment.SetEnvironmentVariable("DAXEMU__ENGINE__WORKERS", null);
        }
    }

    [Fact]
    public void A_volume_has_the_admission_rules_that_it_sets_and_the_default_for_the_others()
    {
        string a = _directory.Make("a"), b = _directory.Make("b"), c = _directory.Make("c"), d = _directory.Make("d");
        string file = _directory.Write(
            "daxemu.json",
            $$"""
            {
              "Admission": { "Holes": "refuse", "Readers": "hold" },
              "Volumes": [ { "Backing": "{{a}}", "Mount": "{{b}}", "Admission": { "Holes": "allocate", "SharedExtents": "unshare" } },
                           { "Backing": "{{c}}", "Mount": "{{d}}" } ]
            }
            """);

        DaxEmuOptions options = Read(file);

        AdmissionRules common = new(Holes: HoleRule.Refuse, Readers: ReaderRule.Hold);
        Assert.Equal(common, options.Contract.Admission);
        Assert.Equal(
            [common with { Holes = HoleRule.Allocate, SharedExtents = SharedExtentRule.Unshare }, common], options.Volumes.Select(v => v.Admission));
        Assert.Equal(AdmissionRules.Default, Read(_directory.Write("empty.json", "{}")).Contract.Admission);
    }

    [Fact]
    public void Volumes_of_the_command_line_come_after_those_of_the_file()
    {
        string a = _directory.Make("a"), b = _directory.Make("b"), c = _directory.Make("c"), d = _directory.Make("d");
        string file = _directory.Write("daxemu.json", $$"""{ "Volumes": [ { "Backing": "{{a}}", "Mount": "{{b}}", "Policy": "ignore" } ] }""");

        IReadOnlyList<VolumeOptions> volumes = Read(file, new CommandLineSettings { Volumes = [$"{c}:{d}"] }).Volumes;

        Assert.Equal([(a, b, Policy.Ignore), (c, d, null)], volumes.Select(v => (v.Backing, v.Mount, v.Policy)));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("::ignore", Policy.Ignore)]
    public void A_volume_without_a_mount_is_guarded_in_place(string rest, Policy? policy)
    {
        string directory = _directory.Make("a");

        VolumeOptions volume = Assert.Single(Read(null, new CommandLineSettings { Volumes = [directory + rest], Guard = "fanotify" }).Volumes);

        Assert.Equal((directory, null, directory, policy), (volume.Backing, volume.Mount, volume.Shown, volume.Policy));
        Assert.Equal((GuardChoice.Fanotify, UnreadableCallers.Strict), (volume.Guard, volume.Unreadable));
    }

    [Fact]
    public void Devices_have_the_names_ports_and_addresses_given()
    {
        string file = _directory.Write("daxemu.json", """
            { "Devices": [
              { "Name": "mlx5_0", "VendorId": 713, "VendorPartId": 4119, "NodeGuid": "02da:7eff:fe40:0001", "NumaNode": 1,
                "Ports": [ { "Addresses": [ "2001:db8::1", "10.0.0.1" ], "NetworkInterface": "eth7" }, { "State": "down" } ] },
              { "Name": "rxe7", "Ports": 2 } ] }
            """);

        IReadOnlyList<EmulatedDeviceOptions> devices = Read(file).Device.Devices;

        Assert.Equal([("mlx5_0", 713u, 4119u, 1), ("rxe7", 0xff_ffffu, 0u, -1)], devices.Select(d => (d.Name, d.VendorId, d.VendorPartId, d.NumaNode)));
        Assert.Equal([0x02da_7eff_fe40_0001ul, null], devices.Select(d => d.NodeGuid));
        Assert.Equal(
            [("10.0.0.1 2001:db8::1", "eth7", true), ("127.0.0.1", "lo", false), ("127.0.0.1", "lo", true), ("127.0.0.1", "lo", true)],
            devices.SelectMany(d => d.Ports).Select(p => (string.Join(' ', p.Addresses), p.NetworkInterface, p.IsActive)));
    }

    [Fact]
    public void The_command_line_names_the_one_device()
    {
        Assert.Equal("mlx5_0", Assert.Single(Read(null, new CommandLineSettings { Device = "mlx5_0" }).Device.Devices).Name);
    }

    [Fact]
    public void Two_volumes_cannot_share_a_mount()
    {
        string a = _directory.Make("a"), b = _directory.Make("b"), mount = _directory.Make("m");

        ConfigurationException refusal = Assert.Throws<ConfigurationException>(
            () => Read(null, new CommandLineSettings { Volumes = [$"{a}:{mount}", $"{b}:{mount}"] }));

        Assert.Contains("Volumes:1:Mount", Assert.Single(refusal.Problems), StringComparison.Ordinal);
        Assert.Contains("is already the mount of Volumes:0", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(":/b")]
    [InlineData("/a:/b:deny:more")]
    [InlineData("/a:")]
    public void A_malformed_volume_is_refused_with_its_form(string volume)
    {
        ConfigurationException refusal = Assert.Throws<ConfigurationException>(
            () => Read(null, new CommandLineSettings { Volumes = [volume] }));

        Assert.StartsWith($"--volume: \"{volume}\" is not BACKING, BACKING:MOUNT", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_runtime_directory_too_long_for_a_socket_is_refused()
    {
        string file = _directory.Write("daxemu.json", $$"""{ "Sockets": { "Directory": "/{{new string('x', 100)}}" } }""");

        Assert.Contains("is longer than", Assert.Throws<ConfigurationException>(() => Read(file)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "/run/user/1", true, "/run/daxemu", "/run/daxemu")]
    [InlineData(false, "/run/user/1", true, "/run/user/1/daxemu", "/run/user/1/daxemu")]
    [InlineData(false, "/run/user/1", false, "/run/user/1/daxemu", "/run/daxemu")]
    [InlineData(false, null, false, "/tmp/daxemu-7", "/run/daxemu")]
    [InlineData(false, "", true, "/tmp/daxemu-7", "/tmp/daxemu-7")]
    public void A_user_serves_in_the_session_and_asks_the_machines_daemon_where_the_session_has_none(
        bool isRoot, string? session, bool isServed, string serves, string asks)
    {
        Assert.Equal(serves, RuntimeDirectoryDefault.ForServing(isRoot, session, 7));
        Assert.Equal(asks, RuntimeDirectoryDefault.ForAsking(isRoot, session, 7, _ => isServed));
    }

    public void Dispose() => _directory.Dispose();

    private DaxEmuOptions Read(string? file, CommandLineSettings? settings = null) =>
        OptionsReader.Read(ConfigurationSources.Load(file ?? _directory.Write("empty.json", "{}"), settings ?? new CommandLineSettings()));
}
